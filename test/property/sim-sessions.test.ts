import { fc, test, testProp } from '@fast-check/ava';
import type { Rng } from '../../core/machine.js';
import { createRng } from '../../core/rng.js';
import { SECOND } from '../../core/units.js';
import { planVisits } from '../../sim/churn.js';
import { loadScenario, type JsonObject, type Scenario } from '../../sim/scenario.js';
import { drawRest, drawSession, meanSession } from '../../sim/sessions.js';

const VIEWERS = 2_000;

function scenario(sessions: JsonObject, file: JsonObject = {}): Scenario {
  const loaded = loadScenario({ name: 'sessions', viewers: VIEWERS, sessions, ...file });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.scenario;
}

/** Seconds, sorted. */
function sample(draw: (model: Scenario['sessions'], rng: Rng) => number | null, sessions: JsonObject): Float64Array {
  const rng = createRng('sessions');
  const model = scenario(sessions).sessions;
  return Float64Array.from({ length: 100_000 }, () => (draw(model, rng) ?? 0) / SECOND).sort();
}

const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const near = (a: number, b: number, error: number): boolean => Math.abs(a - b) <= error * b;

/** Median and mean in seconds, as they are published or follow from the formula. */
const KNOWN: readonly (readonly [JsonObject, number, number])[] = [
  [{ model: 'exponential', mean: '90s' }, 62.4, 90],
  [{ model: 'lognormal' }, 188, 619],
  [{ model: 'weibull' }, 22.5 * 60, 64.5 * 60],
  [{ model: 'weibull', shape: 1, scale: '90s' }, 62.4, 90],
];

for (const [model, median, mean] of KNOWN) {
  test(`sessions ${JSON.stringify(model)} have the median and mean that are known of them`, (t) => {
    const values = sample(drawSession, model);
    t.true(near(values[values.length / 2]!, median, 0.03), `median ${values[values.length / 2]}`);
    t.true(near((meanSession(scenario(model).sessions) ?? 0) / SECOND, mean, 0.005));
    t.true(near(meanOf(values), mean, 0.06), `mean ${meanOf(values)}`);
  });
}

/**
 * Renewal theory: a rest is longer than t with the probability of the mean of what sessions have beyond t, over the mean
 * session.
 */
testProp(
  'rests are what is left of sessions that are met at random',
  [
    fc.oneof(
      fc.record({
        model: fc.constant('lognormal'),
        median: fc.constant('60s'),
        sigma: fc.double({ min: 0.2, max: 1, noNaN: true }),
      }),
      fc.record({
        model: fc.constant('weibull'),
        scale: fc.constant('60s'),
        shape: fc.double({ min: 0.6, max: 4, noNaN: true }),
      }),
    ),
    fc.integer({ min: 5, max: 200 }),
  ],
  (t, model, after) => {
    const rests = sample(drawRest, model);
    const beyond = rests.filter((rest) => rest > after).length / rests.length;
    const sessions = sample(drawSession, model);
    const wanted = meanOf(sessions.map((each) => Math.max(0, each - after))) / meanOf(sessions);
    t.true(Math.abs(beyond - wanted) < 0.02, `${beyond} of the rests, not ${wanted}`);
  },
  { numRuns: 10 },
);

testProp(
  'N viewers are there on the average, whatever the model, from the end of the ramp on',
  [
    fc.constantFrom<JsonObject>(
      { model: 'exponential', mean: '90s' },
      { model: 'lognormal' },
      { model: 'weibull' },
      { model: 'weibull', shape: 3, scale: '80s' },
    ),
    fc.integer({ min: 60, max: 1_199 }),
    fc.integer(),
  ],
  (t, model, at, seed) => {
    const visits = planVisits(scenario(model, { duration: '20m' }), createRng(`audience/${seed}`));
    const time = at * SECOND;
    const present = visits.filter((each) => each.at <= time && (each.leavesAt ?? Infinity) > time).length;
    // Nobody's presence depends on another's, so the deviation is at most the root of N.
    t.true(Math.abs(present - VIEWERS) < 5 * Math.sqrt(VIEWERS), `${present} are there`);
  },
  { numRuns: 40 },
);
