import test from 'ava';
import type { Job } from '../../experiments/job.js';
import { runJobs } from '../../experiments/pool.js';
import { loadScenario } from '../../sim/scenario.js';

/** Seeds that are run twice; `npm run test:long` asks for 10,000. */
const SEEDS = Number(process.env['ASTRAL_SEEDS'] ?? 100);
/** Seeds in one test, so that a long run shows how far it is. */
const BLOCK = 1_000;
/** More than any machine needs for a seed, milliseconds. */
const PATIENCE = 6_000;

const loaded = loadScenario({
  name: 'repeats',
  viewers: 20,
  duration: '30s',
  ramp: '5s',
  quiet: '0s',
  sessions: { model: 'exponential', mean: '40s' },
  faults: [
    { at: '10s', kind: 'restart', target: 'viewer', share: 0.2, for: '3s' },
    { at: '15s', kind: 'partition', target: 'viewer', param: 0.3, for: '4s' },
    { at: '18s', kind: 'loss', target: 'viewer', param: 0.03, for: '5s' },
    { at: '22s', kind: 'restart', target: 'publisher' },
  ],
});
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const { scenario } = loaded;

for (let first = 1; first <= SEEDS; first += BLOCK) {
  const last = Math.min(first + BLOCK - 1, SEEDS);
  test.serial(`seeds ${first} to ${last}, run twice, give equal digests`, async (t) => {
    t.timeout((last - first + 1) * PATIENCE);
    const seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    // The second time comes much later, in whatever thread is free: what one run leaves behind must not touch another.
    const jobs = [...seeds, ...seeds].map((seed): Job => ({
      scenario,
      protocol: 'astral',
      seed,
      version: '0',
      check: 'off',
    }));
    const documents = await runJobs(jobs);
    const differ = seeds.filter((_seed, index) => documents[index]?.digest !== documents[index + seeds.length]?.digest);
    t.deepEqual(differ, [], 'astral sim --twice names the first event in which two runs of such a seed differ');
    t.is(new Set(documents.map(({ digest }) => digest)).size, seeds.length, 'each seed is a run of its own');
    t.true(documents.every(({ run, violations }) => run.events > 1_000 && violations.length === 0));
  });
}
