import type { NodeId } from '../core/units.js';
import type { AccessLink, AccessLinks } from './network-access.js';
import { LINK, SEVERED, type Links } from './network-links.js';
import type { Pauses } from './network-pauses.js';
import type { Stations } from './network-stations.js';
import type { Transit } from './network-transit.js';

/** What of a network its impairments act on. */
export interface Impaired<M, C> {
  readonly access: AccessLinks;
  readonly links: Links;
  readonly pauses: Pauses;
  readonly stations: Stations<M, C>;
  readonly transit: Transit;
}

/**
 * What befalls single nodes: they stand still, their connections go dead, their lines lose packets or slow down. Each
 * slow line and each loss has a name; those of several names add up, and each is lifted alone.
 */
export class Impairments<M, C> {
  /** Whether any connection was ever severed. */
  severed = false;
  readonly #on: Impaired<M, C>;
  readonly #uplinks = new Map<number, Map<string, number>>();
  readonly #losses = new Map<number, Map<string, number>>();

  constructor(on: Impaired<M, C>) {
    this.#on = on;
  }

  /** The node stands still: what comes for it waits, and fills the sockets of its peers. */
  pause(node: NodeId): void {
    const station = this.#on.stations.get(node);
    station.paused = true;
    this.#on.pauses.begin(station.index);
  }

  /** Ends one pause, or all; when none is left, the node handles what waited, in the order in which it came. */
  resume(node: NodeId, all = false): void {
    const station = this.#on.stations.get(node);
    const work = this.#on.pauses.end(station.index, all);
    if (work === null) return;
    station.paused = this.#on.pauses.holds(station.index);
    for (const each of work) each();
  }

  /** The node reads nothing more from its sockets, so that those of its peers fill; timers and commands reach it. */
  deafen(node: NodeId): void {
    const station = this.#on.stations.get(node);
    station.paused = true;
    this.#on.pauses.deafen(station.index);
  }

  /** The node reads again, what waited first. */
  hear(node: NodeId): void {
    const station = this.#on.stations.get(node);
    const work = this.#on.pauses.hear(station.index);
    if (work === null) return;
    station.paused = false;
    for (const each of work) each();
  }

  /** Every connection that the node has now goes dead and neither end is told; new ones can be made. */
  sever(node: NodeId): void {
    const { links, stations } = this.#on;
    this.severed = true;
    for (const link of stations.get(node).links.values()) {
      links.mark(link, SEVERED);
      links.mark(links.get(link, LINK.reverse), SEVERED);
    }
  }

  /** Multiplies the rate of an uplink; `factor` null lifts what this name imposed. `line` is the link as it was built. */
  throttle(node: NodeId, line: AccessLink, name: string, factor: number | null): void {
    const { access, links, stations } = this.#on;
    const { index, links: own } = stations.get(node);
    const factors = change(this.#uplinks, index, name, factor);
    access.set(index, { up: factors.reduce((product, each) => product * each, line.up), down: line.down });
    for (const link of own.values()) links.set(link, LINK.upPerByte, access.upPerByte(index));
  }

  /** Adds loss to all that a node sends and receives; `rate` null lifts what this name imposed. */
  lose(node: NodeId, name: string, rate: number | null): void {
    const { index } = this.#on.stations.get(node);
    const rates = change(this.#losses, index, name, rate);
    this.#on.transit.setLoss(index, 1 - rates.reduce((survival, each) => survival * (1 - each), 1));
  }
}

function change(
  table: Map<number, Map<string, number>>,
  node: number,
  name: string,
  value: number | null,
): readonly number[] {
  const named = table.get(node) ?? new Map<string, number>();
  if (value === null) named.delete(name);
  else named.set(name, value);
  if (named.size > 0) table.set(node, named);
  else table.delete(node);
  return [...named.values()];
}
