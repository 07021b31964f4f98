import type { Rng } from '../core/machine.js';
import { MS, type NodeId, type Time } from '../core/units.js';
import { drawLastMile, drawRegion, Geography, REGIONS, type Region } from './geography.js';
import type { Path, PathModel } from './network-types.js';
import type { Latency } from './scenario/data.js';

/** Two machines are never nearer than this, also where the data says nothing or none. */
const NEAREST: Time = 50;

/** Where the nodes of a run are. */
export interface Places extends PathModel {
  /** By number, as figures and tables have them. */
  readonly names: readonly string[];
  /** Puts a node at the place of this name; where there is none of it, at one that is drawn. */
  place(node: NodeId, name: string | null): void;
  /** Number of the node's place. */
  placeOf(node: NodeId): number;
}

/** What a scenario says of the ways between nodes. */
export interface Ground {
  /** null: the six regions. */
  readonly latency: Latency | null;
  /** Whether each end adds a last mile of its own. */
  readonly lastMile: boolean;
}

/** Names of the places of a scenario. */
export function placeNames({ latency }: Pick<Ground, 'latency'>): readonly string[] {
  return latency === null ? REGIONS : latency.places;
}

/** The places of a run; what is drawn for a node depends on its name alone. */
export function createPlaces(ground: Ground, rng: Rng): Places {
  return ground.latency === null ? new SixRegions(ground, rng) : new MeasuredPlaces(ground.latency, ground, rng);
}

/** The region that a place stands for, where a protocol plans by region; the first for a place that is none. */
export function regionNamed(name: string | undefined): Region {
  return REGIONS.find((region) => region === name) ?? REGIONS[0];
}

class SixRegions implements Places {
  readonly names = REGIONS;
  readonly #geography: Geography;
  readonly #regions: Rng;
  readonly #lastMile: boolean;

  constructor({ lastMile }: Ground, rng: Rng) {
    this.#geography = new Geography(rng.fork('geography'));
    this.#regions = rng.fork('regions');
    this.#lastMile = lastMile;
  }

  place(node: NodeId, name: string | null): void {
    const region = REGIONS.find((each) => each === name) ?? drawRegion(this.#regions.fork(node));
    this.#geography.place(node, region, this.#lastMile ? undefined : 0);
  }

  placeOf(node: NodeId): number {
    return REGIONS.indexOf(this.#geography.regionOf(node));
  }

  path(from: NodeId, to: NodeId): Path {
    return this.#geography.path(from, to);
  }
}

/** Delays as somebody measured them: those of the matrix, as they are, and the last miles unless it has them. */
class MeasuredPlaces implements Places {
  readonly names: readonly string[];
  readonly #index: ReadonlyMap<string, number>;
  readonly #ms: readonly (readonly number[])[];
  readonly #nodes = new Map<NodeId, { readonly at: number; readonly lastMile: Time }>();
  readonly #rng: Rng;
  readonly #places: Rng;
  readonly #lastMile: boolean;

  constructor({ places, ms }: Latency, { lastMile }: Ground, rng: Rng) {
    this.names = places;
    this.#index = new Map(places.map((name, index) => [name, index]));
    this.#ms = ms;
    this.#rng = rng.fork('geography');
    this.#places = rng.fork('regions');
    this.#lastMile = lastMile;
  }

  place(node: NodeId, name: string | null): void {
    const at = (name === null ? undefined : this.#index.get(name)) ?? this.#places.fork(node).below(this.names.length);
    this.#nodes.set(node, { at, lastMile: this.#lastMile ? drawLastMile(this.#rng.fork(`last-mile/${node}`)) : 0 });
  }

  placeOf(node: NodeId): number {
    return this.#at(node).at;
  }

  path(from: NodeId, to: NodeId): Path {
    const here = this.#at(from);
    const there = this.#at(to);
    const between = Math.round((this.#ms[here.at]?.[there.at] ?? 0) * MS);
    return { base: Math.max(NEAREST, between), spread: here.lastMile + there.lastMile };
  }

  #at(node: NodeId): { readonly at: number; readonly lastMile: Time } {
    const found = this.#nodes.get(node);
    if (found === undefined) throw new RangeError(`node ${node} has no place`);
    return found;
  }
}
