import type { Violation } from '../../sim/checkers/checker.js';
import type { JsonObject } from '../../sim/scenario.js';
import { attempt, type Attempt, type Setting, type Simulate } from './attempt.js';
import { draw } from './draw.js';
import { scenarioOf } from './scenario-of.js';
import { BOUNDS, type Bounds, type Profile, type Swarm } from './swarm.js';

/** Which worlds are drawn. */
export interface FuzzOptions {
  readonly profile: Profile;
  readonly bounds: Bounds;
  readonly set: readonly Setting[];
}

export const FUZZ_DEFAULTS: FuzzOptions = { profile: 'swarm', bounds: BOUNDS, set: [] };

/** What became of one seed. */
export interface Outcome extends Omit<Attempt, 'violations'> {
  readonly seed: number;
  /** Kinds of faults in the plan. */
  readonly kinds: readonly string[];
  readonly failure: Failure | null;
}

/** A seed under which an invariant broke: all that was drawn from it, and the first finding of each invariant. */
export interface Failure {
  readonly seed: number;
  readonly swarm: Swarm;
  readonly scenario: JsonObject;
  readonly violations: readonly Violation[];
}

/** Draws the world of a seed, runs it under all checkers, and says what was found. */
export function trySeed(
  simulate: Simulate,
  seed: number,
  options: FuzzOptions = FUZZ_DEFAULTS,
  onProgress?: () => void,
): Outcome {
  const { swarm, world } = draw(seed, options.profile, options.bounds);
  const scenario = scenarioOf(`fuzz-${seed}`, world);
  const { violations, ...rest } = attempt(simulate, scenario, seed, options.set, onProgress);
  const first = violations.filter(
    ({ invariant }, index) => violations.findIndex((each) => each.invariant === invariant) === index,
  );
  const failure: Failure | null = first.length === 0 ? null : { seed, swarm, scenario, violations: first };
  return { seed, kinds: [...new Set(world.faults.map(({ kind }) => kind))], failure, ...rest };
}
