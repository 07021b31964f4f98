import test from 'ava';
import { ASTRAL } from '../../experiments/protocols.js';
import { loadScenario, type JsonObject } from '../../sim/scenario.js';
import { simulate } from '../../sim/simulate.js';

/** Far more who come at once than the publisher can serve: the overlay has to grow faster than it ever does later. */
const CROWD: JsonObject = { name: 'crowd', viewers: 150, duration: '30s', ramp: '6s' };
const TARGET_LAG_MS = 2_500;

for (const seed of [1, 2]) {
  test(`in a crowd, what is passed on comes before it is due, seed ${seed}`, (t) => {
    const loaded = loadScenario(CROWD);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const { metrics, violations } = simulate(loaded.scenario, { ...ASTRAL, seed, check: 'cheap' }).document;
    const { arrivalLagMs } = JSON.parse(JSON.stringify(metrics)) as { arrivalLagMs: { p95: number } };
    t.deepEqual(violations, []);
    // Where queues of promises and catch-up build up, the slowest twentieth is late by 3.1 s and more.
    t.true(arrivalLagMs.p95 < TARGET_LAG_MS, `p95 of the arrival lag is ${arrivalLagMs.p95} ms`);
  });
}

/** Not everybody can be fed: a fifth of the uplink goes into headers, reserves and parts of slots. */
const FULL: JsonObject = { name: 'full', viewers: 100, duration: '90s', ramp: '20s', resourceIndex: 1 };

test('where all are full, asking and refusing leave the uplinks to the stream', (t) => {
  const loaded = loadScenario(FULL);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { metrics, violations } = simulate(loaded.scenario, { ...ASTRAL, seed: 1, check: 'cheap' }).document;
  const { overhead, continuity } = JSON.parse(JSON.stringify(metrics)) as Record<
    'overhead' | 'continuity',
    { mean: number }
  >;
  t.deepEqual(violations, []);
  // Where searches keep their first pace however long they last, control is 0.24 of the payload, and continuity 0.27.
  t.true(overhead.mean < 0.12, `control is ${overhead.mean} of the payload`);
  t.true(continuity.mean > 0.4, `continuity is ${continuity.mean}`);
});
