import type { Time } from '../../../core/units.js';

/** A chunk that is missing. */
export interface Wanted {
  readonly seq: number;
  /** When it must be there; NEVER while nobody can tell. */
  readonly due: Time;
  /** Who has it: places in the list of suppliers, at least one. */
  readonly holders: readonly number[];
}

/** A partner that can be asked. */
export interface Supplier {
  /** When what it has been asked for so far will be here. */
  readonly freeAt: Time;
  /** How long one chunk takes it. */
  readonly perChunk: Time;
  /** It is asked for nothing that would be here later. */
  readonly latest: Time;
}

/**
 * Whom to ask for what: for each supplier sequence numbers, in order. The chunks with the fewest holders are placed
 * first, the younger of equals before the older, since farther on it is the rarer one; each at the holder that will
 * have sent it soonest, and nowhere if that is not before it is due or would make any queue too long.
 */
export function schedule(wanted: readonly Wanted[], suppliers: readonly Supplier[]): number[][] {
  const freeAt = suppliers.map((supplier) => supplier.freeAt);
  const asked = suppliers.map((): number[] => []);
  const rarestFirst = [...wanted].sort((a, b) => a.holders.length - b.holders.length || b.seq - a.seq);
  for (const { seq, due, holders } of rarestFirst) {
    let best = -1;
    let soonest = due;
    for (const holder of holders) {
      const { perChunk, latest } = suppliers[holder] as Supplier;
      const there = (freeAt[holder] as Time) + perChunk;
      if (there >= soonest || there > latest) continue;
      best = holder;
      soonest = there;
    }
    if (best < 0) continue;
    freeAt[best] = soonest;
    (asked[best] as number[]).push(seq);
  }
  for (const seqs of asked) seqs.sort((a, b) => a - b);
  return asked;
}
