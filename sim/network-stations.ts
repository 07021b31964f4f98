import type { NodeId } from '../core/units.js';
import { createStation, type Station } from './network-types.js';

/** The nodes of a network, by number and by name. */
export class Stations<M, C> {
  readonly names: NodeId[] = [];
  readonly #list: Station<M, C>[] = [];
  readonly #byName = new Map<NodeId, Station<M, C>>();
  /** The node that acts is nearly always the one that last did: the common look-up is one comparison. */
  #last: Station<M, C> | null = null;

  add(name: NodeId): number {
    if (this.#byName.has(name)) throw new RangeError(`node ${name} exists`);
    const index = this.#list.length;
    const station = createStation<M, C>(index, name);
    this.#list.push(station);
    this.names.push(name);
    this.#byName.set(name, station);
    return index;
  }

  find(name: NodeId): Station<M, C> | undefined {
    return this.#byName.get(name);
  }

  at(index: number): Station<M, C> {
    return this.#list[index] as Station<M, C>;
  }

  /** The node of this name; throws when there is none. */
  get(name: NodeId): Station<M, C> {
    const last = this.#last;
    if (last !== null && last.name === name) return last;
    const station = this.#byName.get(name);
    if (station === undefined) throw new RangeError(`no node ${name}`);
    this.#last = station;
    return station;
  }

  /** Says that this one is about to act. */
  expect(station: Station<M, C>): void {
    this.#last = station;
  }
}
