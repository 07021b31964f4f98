/**
 * `node dist/test/tools/digests.js` prints the digests of a fixed list of small runs as JSON, so that two engines or two
 * builds can be compared: `npm run test:nodes` does so with Node 20, 22 and 24.
 */
import { PROTOCOLS } from '../../experiments/protocols.js';
import { listWorkloads, readWorkload } from '../../experiments/workloads.js';
import { loadScenario, type Json } from '../../sim/scenario.js';

/** Everything that befalls nodes, early enough for a short run. */
const STORM: Json = {
  name: 'storm',
  ramp: '8s',
  sessions: { model: 'exponential', mean: '30s' },
  faults: [
    { at: '10s', kind: 'restart', target: 'viewer', share: 0.2, for: '3s' },
    { at: '14s', kind: 'partition', target: 'viewer', param: 0.4, for: '4s' },
    { at: '16s', kind: 'latency', target: 'viewer', param: 150, share: 0.2, for: '6s' },
    { at: '18s', kind: 'loss', target: 'viewer', param: 0.03, for: '6s' },
    { at: '20s', kind: 'restart', target: 'publisher' },
    { at: '22s', kind: 'leave', target: 'viewer', share: 0.1, every: '1s', replace: true },
  ],
};

const runs: readonly (readonly [name: string, file: Json])[] = [
  ...listWorkloads().map(({ id }) => [id, readWorkload(id)] as const),
  ['storm', STORM],
];
const digests: Record<string, string> = {};
for (const [name, file] of runs) {
  const loaded = loadScenario(file, { viewers: 40, duration: '30s', set: [['quiet', '0s']] });
  if (!loaded.ok) continue;
  for (const protocol of name === 'storm' ? PROTOCOLS.keys() : ['astral']) {
    const { digest, run } =
      PROTOCOLS.get(protocol)?.simulate(loaded.scenario, { seed: 7, check: 'off' }).document ?? {};
    digests[`${name}, ${protocol}, ${run?.events} events`] = digest ?? 'none';
  }
}
console.log(JSON.stringify(digests, null, 2));
