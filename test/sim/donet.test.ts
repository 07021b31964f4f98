import { fc, test, testProp } from '@fast-check/ava';
import type { TraceEvent } from '../../core/trace.js';
import { metricOf } from '../../experiments/metrics.js';
import { PROTOCOLS, type Entry } from '../../experiments/protocols.js';
import type { TimedDocument } from '../../experiments/timed.js';
import { loadScenario, type JsonObject } from '../../sim/scenario.js';

const entry = PROTOCOLS.get('donet') as Entry;

type Listener = (at: number, node: string, event: TraceEvent) => void;

function run(file: JsonObject, seed: number, trace?: Listener): TimedDocument {
  const loaded = loadScenario({ name: 'mesh', viewers: 16, duration: '30s', ramp: '6s', ...file });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return entry.simulate(loaded.scenario, { seed, check: 'all', ...(trace === undefined ? {} : { trace }) }).document;
}

testProp(
  'viewers carry the stream to each other, all of it is pulled, and no checker has anything to say',
  [fc.integer({ min: 0, max: 1e6 }), fc.constantFrom('stay', 'exponential')],
  (t, seed, model) => {
    const changes = new Set<string>();
    const sessions = model === 'stay' ? { model } : { model, mean: '30s' };
    const document = run({ sessions }, seed, (_at, node, event) => {
      if (event.type === 'chunk' && node !== 'publisher') changes.add(event.change);
    });
    t.deepEqual(document.violations, []);
    for (const name of ['S3', 'S5', 'S7', 'S10', 'L1', 'L2', 'L5'])
      t.is(document.checks[name]?.verdict, 'not applicable', name);
    t.is(document.checks['S16']?.verdict, 'held');
    t.true(changes.has('repaired') && changes.has('answered') && changes.has('played'));
    t.false(changes.has('received') || changes.has('forwarded'), 'nothing is pushed');
    t.true((metricOf(document.metrics, 'redundancy') ?? 1) < 0.2);
    if (model === 'stay') {
      t.true((metricOf(document.metrics, 'offload') ?? 0) > 0, 'the publisher sends less than every copy');
      t.true((metricOf(document.metrics, 'continuity.mean') ?? 0) > 0.7);
    }
    t.is(run({ sessions }, seed).digest, document.digest);
  },
  { numRuns: 3 },
);

test('the mesh outlives crashes, a directory that is gone, and a publisher that starts anew', (t) => {
  const faults = [
    { at: '14s', kind: 'crash', target: 'directory' },
    { at: '16s', kind: 'crash', target: 'viewer', share: 0.25 },
    { at: '24s', kind: 'restart', target: 'publisher', for: '1s' },
  ];
  const epochs = new Map<string, number>();
  const lastPlayed = new Map<string, number>();
  const asked = new Map<string, number>();
  run({ faults, sessions: { model: 'stay' }, duration: '60s' }, 3, (at, node, event) => {
    if (event.type !== 'chunk') return;
    if (event.change === 'answered' && event.peer !== null && at > 45e6) asked.set(event.peer, at);
    if (event.change !== 'played') return;
    epochs.set(node, event.epoch);
    lastPlayed.set(node, at);
  });
  const living = [...lastPlayed].filter(([, at]) => at > 55e6).map(([node]) => node);
  t.true(living.length >= 11, `${living.length} of 12 survivors play`);
  for (const node of living) {
    t.is(epochs.get(node), 2, node);
    t.true(asked.has(node), node);
  }
});

test('relays of a mesh can be named: a plan that kills them kills as many as it says', (t) => {
  const faults = [{ at: '20s', kind: 'crash', target: 'interior', every: '2s', until: '30s', replace: true }];
  const newcomers = new Set<string>();
  run({ faults, sessions: { model: 'stay' }, duration: '34s' }, 5, (_at, node) => {
    if (node.startsWith('r')) newcomers.add(node);
  });
  t.deepEqual([...newcomers].sort(), ['r1', 'r2', 'r3', 'r4', 'r5']);
});
