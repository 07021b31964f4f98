import { fc, test, testProp } from '@fast-check/ava';
import { metricOf } from '../../experiments/metrics.js';
import { ASTRAL, PROTOCOLS } from '../../experiments/protocols.js';
import { helperKits } from '../../sim/kits.js';
import type { NodeInfo } from '../../sim/metrics/session.js';
import { loadScenario, type JsonObject, type Scenario } from '../../sim/scenario.js';
import { simulate } from '../../sim/simulate.js';

const HELPERS: JsonObject = { count: 3, uplink: { model: 'factor', value: 4 } };

function world(file: JsonObject): Scenario {
  const loaded = loadScenario({ name: 'helped', viewers: 20, duration: '40s', ramp: '5s', ...file });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.scenario;
}

test('helpers relay, nobody counts them as viewers, and what they send is not the work of viewers', (t) => {
  const scenario = world({ helpers: HELPERS, resourceIndex: 1.2 });
  const kinds = new Map<string, string>();
  const sent = { viewer: 0, publisher: 0, helper: 0, directory: 0 };
  const { document, viewers, timeline } = simulate(scenario, {
    ...ASTRAL,
    seed: 1,
    check: 'all',
    recorder: {
      nodeUp: (_at, { id, kind }: NodeInfo) => void kinds.set(id, kind),
      nodeDown: () => undefined,
      second: () => undefined,
      observe(_at, node, event) {
        if (event.type !== 'chunk' || (event.change !== 'forwarded' && event.change !== 'answered')) return;
        sent[kinds.get(node) as keyof typeof sent] += event.size;
      },
    },
  });
  t.deepEqual(document.violations, []);
  t.true(sent.helper > 0 && sent.viewer > 0);
  t.is(metricOf(document.metrics, 'viewers.total'), 20);
  t.false(viewers['node']?.some((node) => String(node).startsWith('helper')));
  const chunks = (viewers['due'] as number[]).reduce((sum, each) => sum + each, 0);
  const published = timeline.published.reduce((sum, each) => sum + each, 0);
  const due = (chunks / published) * (scenario.stream.bitrate / 8) * timeline.published.length;
  const offload = metricOf(document.metrics, 'offload') ?? 0;
  t.true(Math.abs(1 - offload - (sent.publisher + sent.helper) / due) < 0.02, `offload is ${offload}`);
});

testProp(
  'helpers make up what the uplinks of publisher and viewers lack, and no more',
  [
    fc.double({ min: 0.1, max: 20, noNaN: true }),
    fc.double({ min: 0.01, max: 5, noNaN: true }),
    fc.nat({ max: 100_000_000 }),
  ],
  (t, value, resourceIndex, lent) => {
    const scenario = world({ helpers: { resourceIndex, uplink: { model: 'factor', value }, region: 'japan' } });
    const kits = helperKits(scenario, lent);
    const wanted = resourceIndex * 20 * scenario.stream.bitrate - lent;
    const sum = kits.reduce((all, { line }) => all + line.up, 0);
    t.true(sum >= wanted, 'they are enough');
    t.true(sum === 0 || sum - kits[0]!.line.up < wanted, 'one less would not be');
    t.true(kits.every(({ place }) => place === 'japan'));
    const nothing = world({ helpers: { resourceIndex, uplink: { model: 'factor', value: 0 } } });
    t.true(helperKits(nothing, lent).length <= 1000, 'who lends nothing never makes up for anything');
  },
);

test('the rate that is possible at best counts the helpers, the resource index does not', (t) => {
  const metrics = (helpers: JsonObject | null) => {
    const scenario = world({ helpers, resourceIndex: 0.9, duration: '10s', ramp: '2s', quiet: '0s' });
    return simulate(scenario, { ...ASTRAL, seed: 1, check: 'off' }).document.metrics;
  };
  for (const [helpers, rate] of [
    [null, 0.9],
    [{ count: 2, uplink: { model: 'factor', value: 0.5 } }, 0.95],
    [HELPERS, 1],
  ] as const) {
    const figures = metrics(helpers);
    t.true(Math.abs((metricOf(figures, 'resourceIndex') ?? 0) - 0.9) < 1e-4);
    t.true(Math.abs((metricOf(figures, 'bound.rate') ?? 0) - rate) < 1e-4);
  }
});

test('when helpers die and come back, all invariants hold', (t) => {
  const faults = [
    { at: '12s', kind: 'restart', target: 'helper', for: '4s' },
    { at: '24s', kind: 'crash', target: 'helper1' },
  ];
  for (let seed = 1; seed <= 3; seed++) {
    const { violations } = simulate(world({ helpers: HELPERS, faults }), { ...ASTRAL, seed, check: 'all' }).document;
    t.deepEqual(violations, [], `seed ${seed}`);
  }
});

test('who joins for a helper is a helper', (t) => {
  const faults = [{ at: '10s', kind: 'crash', target: 'helper', replace: true }];
  const { metrics } = simulate(world({ helpers: HELPERS, faults }), { ...ASTRAL, seed: 1, check: 'off' }).document;
  const { metrics: whole } = simulate(world({ helpers: HELPERS }), { ...ASTRAL, seed: 1, check: 'off' }).document;
  t.is(metricOf(metrics, 'viewers.total'), metricOf(whole, 'viewers.total'));
});

test('a protocol that brings helpers of its own has those alone', (t) => {
  const digest = (helpers: JsonObject | null) =>
    PROTOCOLS.get('origin-edge')?.simulate(world({ helpers }), { seed: 1, check: 'off' }).document.digest;
  t.is(digest(HELPERS), digest(null));
});

test('helpers in a region that does not exist are a problem, and so are those whose number nothing or two things say', (t) => {
  const problems = (helpers: JsonObject) => {
    const loaded = loadScenario({ name: 'helped', helpers });
    return loaded.ok ? [] : loaded.problems.map(({ path }) => path);
  };
  t.deepEqual(problems({ count: 1, region: 'atlantis' }), ['helpers.region']);
  t.deepEqual(problems({}), ['helpers']);
  t.deepEqual(problems({ count: 1, resourceIndex: 1 }), ['helpers']);
  t.deepEqual(problems({ resourceIndex: 1 }), []);
});
