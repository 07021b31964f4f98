import { fc, test, testProp } from '@fast-check/ava';
import type { TraceEvent } from '../../core/trace.js';
import { metricOf } from '../../experiments/metrics.js';
import { PROTOCOLS, type Entry } from '../../experiments/protocols.js';
import type { TimedDocument } from '../../experiments/timed.js';
import { loadScenario, type JsonObject } from '../../sim/scenario.js';

const entry = PROTOCOLS.get('origin-edge') as Entry;

function run(
  file: JsonObject,
  seed: number,
  trace?: (at: number, node: string, event: TraceEvent) => void,
): TimedDocument {
  const loaded = loadScenario({ name: 'edges', viewers: 20, duration: '40s', ramp: '8s', ...file });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return entry.simulate(loaded.scenario, { seed, check: 'all', ...(trace === undefined ? {} : { trace }) }).document;
}

testProp(
  'viewers upload nothing, relays carry all, and no checker has anything to say',
  [fc.integer({ min: 0, max: 1e6 }), fc.constantFrom('stay', 'exponential')],
  (t, seed, model) => {
    const uploads: string[] = [];
    const sessions = model === 'stay' ? { model } : { model, mean: '30s' };
    const document = run({ sessions }, seed, (_at, node, event) => {
      if (event.type === 'chunk' && event.change === 'forwarded' && node.startsWith('v')) uploads.push(node);
    });
    t.deepEqual(uploads, []);
    t.deepEqual(document.violations, []);
    for (const name of ['S3', 'S5', 'S7', 'S10', 'L1', 'L2'])
      t.is(document.checks[name]?.verdict, 'not applicable', name);
    t.is(document.checks['S16']?.verdict, 'held');
    t.true((metricOf(document.metrics, 'offload') ?? 1) < 0, 'the origin and the edges pay for more than every copy');
    t.true((metricOf(document.metrics, 'depth.max') ?? 0) <= 7, 'origin, five regions, viewer');
    if (model === 'stay') t.true((metricOf(document.metrics, 'continuity.mean') ?? 0) > 0.95);
    t.is(run({ sessions }, seed).digest, document.digest);
  },
  { numRuns: 8 },
);

test('viewers move on when their edge dies, and when the publisher starts anew they follow it', (t) => {
  const faults = [
    { at: '14s', kind: 'crash', target: 'edge1' },
    { at: '14s', kind: 'crash', target: 'edge2' },
    { at: '24s', kind: 'restart', target: 'publisher', for: '1s' },
  ];
  const epochs = new Map<string, number>();
  const lastPlayed = new Map<string, number>();
  const served = new Set<string>();
  run({ faults }, 3, (at, node, event) => {
    if (event.type === 'peer' && event.change === 'up' && event.peer === 'edge1' && at < 14e6) served.add(node);
    if (event.type !== 'chunk' || event.change !== 'played') return;
    epochs.set(node, event.epoch);
    lastPlayed.set(node, at);
  });
  t.true(served.size > 0, 'somebody lost its edge');
  t.is(epochs.size, 20);
  for (const [node, epoch] of epochs) {
    t.is(epoch, 2, node);
    t.true(lastPlayed.get(node)! > 39e6, node);
  }
});
