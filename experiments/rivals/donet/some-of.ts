import type { Rng } from '../../../core/machine.js';

/** Up to `count` of the elements at random; the list is given away. */
export function someOf<T>(all: T[], count: number, rng: Rng): T[] {
  const end = Math.min(count, all.length);
  for (let at = 0; at < end; at++) {
    const other = at + rng.below(all.length - at);
    [all[at], all[other]] = [all[other] as T, all[at] as T];
  }
  return all.slice(0, end);
}
