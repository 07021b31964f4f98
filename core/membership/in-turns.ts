import type { StreamLoad } from '../message.js';

/** Takes the first relay of each wanted sub-stream, then the second of each, until all are taken. */
export function inTurns<T extends { readonly interior: number }>(
  sorted: readonly T[],
  subs: number,
  count: number,
): T[] {
  const taken: T[] = [];
  let rest = sorted;
  while (rest.length > 0 && taken.length < count) {
    let covered = 0;
    const later: T[] = [];
    for (const sampled of rest) {
      const adds = sampled.interior & subs & ~covered;
      covered |= sampled.interior;
      if (adds !== 0 && taken.length < count) taken.push(sampled);
      else later.push(sampled);
    }
    if (later.length === rest.length) {
      taken.push(...later.slice(0, count - taken.length));
      break;
    }
    rest = later;
  }
  return taken;
}

/** Hops from the publisher; one without room may still have a leaf that steps aside for a relay. */
export function rankOf(load: StreamLoad): number {
  return load.depth + (load.free > 0 || load.depth === 0 ? 0 : 2);
}
