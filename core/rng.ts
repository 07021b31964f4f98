import seedrandom from 'seedrandom';
import type { Rng } from './machine.js';

/** Deterministic randomness on seedrandom's Alea (J. Baagøe): the same seed and labels give the same draws everywhere. */
export function createRng(seed: string): Rng {
  const draw = seedrandom.alea(seed);
  return {
    next: () => draw.quick(),
    below: (n) => Math.floor(draw.quick() * n),
    fork: (label) => createRng(`${seed}/${label}`),
  };
}
