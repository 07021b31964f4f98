import { MS, SECOND, type Time } from '../units.js';
import { PolicyTable } from './table.js';

/** What a consumer knows of a node it might ask. */
export interface CandidateView {
  readonly connected: boolean;
  /** Whether others can dial it. */
  readonly reachable: boolean;
  /** Microseconds, measured or predicted; null while nothing is known. */
  readonly rtt: Time | null;
  /** Hops from the publisher, free slots and relayed sub-streams as last heard; null when nothing was heard. */
  readonly load: { readonly depth: number; readonly free: number; readonly interior: number } | null;
  /** Microseconds since that was heard. */
  readonly age: Time;
  /** Sub-streams that are sought, as a bit set. */
  readonly sought: number;
  /** Uniform in [0, 1), drawn for this view. */
  readonly luck: number;
}

/** Lower is asked sooner. */
export type Selection = (view: CandidateView) => number;

/**
 * Hops that a second of round trip is worth. Far more than its own lag: the throughput of a connection with losses
 * falls with its round trip (Mathis, Semke, Mahdavi and Ott 1997), and the whole subtree waits for it.
 */
const HOPS_PER_SECOND = 20;
/** Hops that it is worth to leave those who can be dialled to those who cannot: two of the latter never connect. */
const UNREACHABLE_HOPS = 2;
/** What is supposed of a node about which nothing is known. */
const UNKNOWN: Time = 250 * MS;

/** Old news weighs as much as this many hops at most. */
const STALE_HOPS = 3;

/**
 * Near the publisher and near this node first, those with room for what is sought before the others, fresh news before old; chance
 * spreads equals.
 */
const shallowFirst: Selection = (view) => {
  const near = (view.connected ? 0 : 1) - (view.reachable ? 0 : UNREACHABLE_HOPS);
  const far = ((view.rtt ?? UNKNOWN) * HOPS_PER_SECOND) / SECOND;
  if (view.load === null) return 4 + near + far + view.luck;
  const fits = (view.load.interior & view.sought) !== 0 ? 0 : 3;
  const room = view.load.free > 0 || view.load.depth === 0 ? 0 : 2;
  const stale = Math.min(STALE_HOPS, view.age / (10 * SECOND));
  return view.load.depth + fits + room + near + far + stale + 2 * view.luck;
};

const random: Selection = (view) => view.luck;

export const selectionPolicies = new PolicyTable<Selection>('selection', { 'shallow-first': shallowFirst, random });
