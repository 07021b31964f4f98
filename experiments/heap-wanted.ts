/** What a viewer is reckoned to take of the heap, with room for garbage (see docs/performance.md), and the rest of the program. */
const BYTES_PER_VIEWER = 90_000;
const BYTES_BESIDE = 256e6;

/** Megabytes of heap that a run of so many viewers wants. */
export function heapWanted(viewers: number): number {
  return Math.ceil((viewers * BYTES_PER_VIEWER + BYTES_BESIDE) / 2 ** 20);
}
