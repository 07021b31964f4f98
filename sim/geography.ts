import type { Rng } from '../core/machine.js';
import { MS, type NodeId, type Time } from '../core/units.js';
import { hashString, mix } from './digest.js';
import { lognormal } from './distributions.js';
import type { Path, PathModel } from './network-types.js';

export const REGIONS = ['n-america', 'europe', 's-america', 'asia-pacific', 'japan', 'australia'] as const;
export type Region = (typeof REGIONS)[number];

/**
 * One-way delay between the access networks of two regions, ms: great-circle distance between population centres at
 * two thirds of the speed of light, inflated by 1.4 to 2.0 for the detours of cables, without the last mile.
 */
const BETWEEN: readonly (readonly number[])[] = [
  [22, 45, 62, 95, 58, 82],
  [45, 10, 95, 80, 118, 135],
  [62, 95, 24, 160, 140, 150],
  [95, 80, 160, 30, 38, 60],
  [58, 118, 140, 38, 6, 62],
  [82, 135, 150, 60, 62, 14],
];

/** Last mile, one way: lognormal, kept within these bounds. */
const LAST_MILE_MIN = 2 * MS;
const LAST_MILE_MAX = 30 * MS;
const LAST_MILE_MU = 1.95;
const LAST_MILE_SIGMA = 0.6;
/** The two directions of a pair differ by up to this share of the way between the regions. */
const ASYMMETRY = 0.2;
/** Pairs of the same two regions lie this far around the mean of these regions. */
const SPREAD = 0.3;

interface Place {
  readonly region: number;
  readonly lastMile: Time;
  readonly hash: number;
}

/**
 * Where nodes are and how far apart: fixed and asymmetric for every ordered pair, computed from the two places and a
 * hash of the pair, so that nothing is stored per pair. Jitter scales the last miles only: that is where queues are.
 */
export class Geography implements PathModel {
  readonly #places = new Map<NodeId, Place>();
  readonly #rng: Rng;
  readonly #salt: number;

  constructor(rng: Rng) {
    this.#rng = rng;
    this.#salt = rng.fork('pairs').below(0x7fffffff);
  }

  /** Puts a node somewhere; its last mile is drawn from its own stream unless given. */
  place(node: NodeId, region: Region, lastMile?: Time): void {
    this.#places.set(node, {
      region: REGIONS.indexOf(region),
      lastMile: lastMile ?? drawLastMile(this.#rng.fork(`last-mile/${node}`)),
      hash: mix(hashString(node), this.#salt),
    });
  }

  regionOf(node: NodeId): Region {
    return REGIONS[this.#at(node).region] as Region;
  }

  path(from: NodeId, to: NodeId): Path {
    const here = this.#at(from);
    const there = this.#at(to);
    const between = ((BETWEEN[here.region] as readonly number[])[there.region] as number) * MS;
    const pair = 1 + SPREAD * (2 * unit(here.hash ^ there.hash, 1) - 1);
    const direction = 1 + ASYMMETRY * (unit(mix(here.hash, there.hash), 2) - 0.5);
    return { base: Math.floor(between * pair * direction), spread: here.lastMile + there.lastMile };
  }

  #at(node: NodeId): Place {
    const place = this.#places.get(node);
    if (place === undefined) throw new RangeError(`node ${node} has no place`);
    return place;
  }
}

/** The same delay between any two nodes, for tests and small studies. */
export function uniformPaths(base: Time, spread: Time = 0): PathModel {
  const path: Path = { base, spread };
  return { path: () => path };
}

/** Draws a region with the given weights; equal ones unless given. */
export function drawRegion(rng: Rng, weights: Readonly<Partial<Record<Region, number>>> = {}): Region {
  const given = Object.keys(weights).length > 0;
  const shares = REGIONS.map((region) => weights[region] ?? (given ? 0 : 1));
  let left = rng.next() * shares.reduce((sum, share) => sum + share, 0);
  for (let index = 0; index < REGIONS.length; index++) {
    left -= shares[index] as number;
    if (left < 0) return REGIONS[index] as Region;
  }
  return REGIONS[0];
}

/** Delay between a node and the network, one way. */
export function drawLastMile(rng: Rng): Time {
  const drawn = Math.round(lognormal(rng, LAST_MILE_MU, LAST_MILE_SIGMA) * MS);
  return Math.min(LAST_MILE_MAX, Math.max(LAST_MILE_MIN, drawn));
}

function unit(hash: number, salt: number): number {
  return (mix(hash, salt) >>> 0) / 4_294_967_296;
}
