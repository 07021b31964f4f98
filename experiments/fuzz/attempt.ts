import type { Violation } from '../../sim/checkers/checker.js';
import { loadScenario, type Json, type JsonObject, type Scenario } from '../../sim/scenario.js';
import type { SimDocument } from '../../sim/simulate.js';

/** Runs a scenario with all checkers; `Entry.simulate` of a protocol, or what a test makes of one. */
export type Simulate = (
  scenario: Scenario,
  options: { readonly seed: number; readonly check: 'all'; readonly onProgress?: (now: number, end: number) => void },
) => { readonly document: SimDocument };

/** A pair of a dotted path and a JSON value that is set in every scenario. */
export type Setting = readonly [path: string, value: Json];

/** What a throw of the simulator or of a checker is reported as; one of a node is S25. */
export const THROWN = 'throws';

/** One run: what was broken, which checkers had something to judge, and what it took. */
export interface Attempt {
  readonly violations: readonly Violation[];
  /** Invariants that were put to the test, those that broke included. */
  readonly judged: readonly string[];
  readonly virtualMs: number;
  readonly nodeSeconds: number;
  readonly events: number;
}

/** Runs a scenario file under a seed; a throw is a finding like any other. */
export function attempt(
  simulate: Simulate,
  file: JsonObject,
  seed: number,
  set: readonly Setting[] = [],
  onProgress: () => void = () => {},
): Attempt {
  const loaded = loadScenario(file, { set });
  if (!loaded.ok) {
    const problems = loaded.problems.map(({ path, message }) => `${path} ${message}`).join('; ');
    throw new RangeError(`no scenario to run: ${problems}`);
  }
  try {
    const { document } = simulate(loaded.scenario, { seed, check: 'all', onProgress });
    const { checks, violations, run } = document;
    const judged = Object.entries(checks).flatMap(([name, { verdict }]) => (verdict === 'not applicable' ? [] : name));
    return { violations, judged, virtualMs: run.virtualMs, nodeSeconds: run.nodeSeconds, events: run.events };
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const violations = [{ invariant: THROWN, at: 0, nodes: [], detail }];
    return { violations, judged: [], virtualMs: 0, nodeSeconds: 0, events: 0 };
  }
}
