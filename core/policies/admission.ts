import { PolicyTable } from './table.js';

/** What a provider knows when a consumer asks for one sub-stream. A slot is one sub-stream to one consumer. */
export interface AdmissionView {
  readonly sub: number;
  /** All slots of this node, those free, and those taken on this sub-stream. */
  readonly slots: number;
  readonly free: number;
  readonly taken: number;
  /** Sub-streams this node relays by preference, as a bit set, and their number. */
  readonly interior: number;
  readonly interiorCount: number;
  /** Slots the asker would relay this sub-stream with; 0 makes it a leaf. */
  readonly rank: number;
  /** Any slot will do, also on a sub-stream that this node is a leaf of by preference. */
  readonly urgent: boolean;
  /** Ranks of the consumers on this sub-stream. */
  readonly ranks: readonly number[];
  /** Whether others can dial the asker, and each of these consumers. */
  readonly reachable: boolean;
  readonly reachables: readonly boolean[];
}

/** Offer a free slot, refuse, or offer the place of the consumer with that index in `ranks`. */
export type AdmissionVerdict = 'offer' | 'full' | number;

export type Admission = (view: AdmissionView) => AdmissionVerdict;

/**
 * A node is interior in few trees and a leaf in the others (SplitStream, Castro et al. 2003), so that trees are
 * shallow and one death costs a consumer one sub-stream. A relay takes the place of a leaf, which then moves below it:
 * capacity rises towards the publisher. Who cannot be dialled is not served by others of its kind, so that in need it takes
 * the place of a leaf that can.
 */
const interiorFirst: Admission = (view) => {
  const interior = (view.interior & (1 << view.sub)) !== 0;
  const quota = interior ? Math.floor(view.slots / view.interiorCount) : 0;
  if (view.free > 0 && (view.urgent || view.taken < quota)) return 'offer';
  const verdict = view.rank > 1 ? weakest(view.ranks, view.rank) : 'full';
  if (verdict !== 'full' || view.reachable || !view.urgent) return verdict;
  const leaf = view.ranks.findIndex((rank, index) => rank === 0 && view.reachables[index] === true);
  return leaf < 0 ? 'full' : leaf;
};

/** Index of the consumer whose place a relay of this rank may take: a leaf, or one with a third of its slots. */
function weakest(ranks: readonly number[], rank: number): AdmissionVerdict {
  let index = -1;
  for (let i = 0; i < ranks.length; i++) {
    if (index < 0 || (ranks[i] as number) < (ranks[index] as number)) index = i;
  }
  return index >= 0 && (ranks[index] as number) * 3 < rank ? index : 'full';
}

/** Whoever comes first is served while there is room. */
const firstCome: Admission = (view) => (view.free > 0 ? 'offer' : 'full');

export const admissionPolicies = new PolicyTable<Admission>('admission', {
  'interior-first': interiorFirst,
  'first-come': firstCome,
});
