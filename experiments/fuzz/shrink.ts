import fc from 'fast-check';
import type { Violation } from '../../sim/checkers/checker.js';
import type { JsonObject } from '../../sim/scenario.js';
import { attempt, type Setting, type Simulate } from './attempt.js';
import type { Drawn } from './draw.js';
import { scenarioOf } from './scenario-of.js';
import { worlds, type World } from './worlds.js';

export interface ShrinkOptions {
  readonly seed: number;
  /** The invariant that must still break. */
  readonly invariant: string;
  readonly set?: readonly Setting[];
  /** Wall time after which the smallest found so far is taken. */
  readonly limitMs?: number;
  readonly onProgress?: (smallest: Shrunk) => void;
}

/** The smallest world found in which the invariant breaks, and the seed of the run under which it does. */
export interface Shrunk {
  readonly world: World;
  readonly seed: number;
  readonly scenario: JsonObject;
  readonly violation: Violation;
  /** Viewers and the publisher. */
  readonly nodes: number;
  readonly faults: number;
  /** Simulations that it took. */
  readonly runs: number;
  /** Whether nothing smaller was left to try, rather than no time. */
  readonly complete: boolean;
}

/** Wall time for shrinking unless told otherwise. */
export const SHRINK_MS = 60_000;
/** After the first pass a smaller world may be tried under other luck, too: with a viewer less, everything falls differently. */
const OTHER_LUCK = 2;
const PASSES = 4;

/** Makes a failing world smaller for as long as the same invariant breaks. Null when it does not break any more. */
export function shrink(simulate: Simulate, drawn: Drawn, options: ShrinkOptions): Shrunk | null {
  const { seed, invariant, set = [], limitMs = SHRINK_MS, onProgress } = options;
  const until = performance.now() + limitMs;
  const tried = new Map<string, Violation | null>();
  // A closure assigns it, which the compiler does not follow.
  let smallest = null as Shrunk | null;
  let late = false;

  const breaks = (scenario: JsonObject, luck: number): Violation | null => {
    const key = `${luck} ${JSON.stringify(scenario)}`;
    const known = tried.get(key);
    if (known !== undefined) return known;
    const { violations } = attempt(simulate, scenario, luck, set);
    const found = violations.find((each) => each.invariant === invariant) ?? null;
    tried.set(key, found);
    return found;
  };
  /** Whether the world is as good as the failure; keeps it when it is. */
  const fails = (world: World, lucks: readonly number[]): boolean => {
    const scenario = scenarioOf(`fuzz-${seed}`, world);
    for (const luck of lucks) {
      late = smallest !== null && performance.now() > until;
      if (late) return false;
      const found = breaks(scenario, luck);
      if (found === null) continue;
      const nodes = world.viewers + 1;
      const { length: faults } = scenario['faults'] as readonly JsonObject[];
      smallest = { world, seed: luck, scenario, violation: found, nodes, faults, runs: tried.size, complete: false };
      onProgress?.(smallest);
      return true;
    }
    return false;
  };
  const pass = (from: World, lucks: readonly number[]): void => {
    const property = fc.property(worlds(drawn.swarm), (world) => !fails(world, lucks));
    fc.check(property, { seed, numRuns: 1, examples: [[from]] });
  };

  let best: Shrunk | null = null;
  for (let turn = 0; turn < PASSES && !late; turn++) {
    const luck: number = best?.seed ?? seed;
    const others = turn === 0 ? [] : Array.from({ length: OTHER_LUCK }, (_, index) => seed + 1 + index);
    pass(best?.world ?? drawn.world, [luck, ...others.filter((each) => each !== luck)]);
    const before: Shrunk | null = best;
    best = smallest;
    if (best === null) return null;
    if (turn > 0 && before?.scenario === best.scenario) break;
  }
  return best === null ? null : { ...best, runs: tried.size, complete: !late };
}
