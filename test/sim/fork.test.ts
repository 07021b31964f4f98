import { fc, test, testProp } from '@fast-check/ava';
import { SECOND } from '../../core/units.js';
import { originEdge } from '../../experiments/rivals/origin-edge/contender.js';
import { ASTRAL } from '../../experiments/protocols.js';
import { changeProblems } from '../../sim/change.js';
import { loadScenario, type Json, type JsonObject, type Scenario } from '../../sim/scenario.js';
import { Simulation, Unchangeable } from '../../sim/simulation.js';

const RESTART = { at: '6s', kind: 'restart', target: 'viewer', share: 0.2, for: '2s' };
const LOSS = { at: '14s', kind: 'loss', target: 'viewer', param: 0.02, for: '4s' };
const LEAVES: JsonObject = { at: '14s', kind: 'leave', target: 'viewer', share: 0.1, every: '1s', until: '18s' };

function scenarioOf(change: JsonObject = {}): Scenario {
  const base = { name: 'small', viewers: 12, duration: '20s', ramp: '4s', faults: [RESTART, LOSS] };
  const loaded = loadScenario({ ...base, sessions: { model: 'exponential', mean: '60s' }, ...change });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.scenario;
}

const options = { ...ASTRAL, seed: 3, check: 'cheap' } as const;
const untouched = scenarioOf();

/** Digests of a run that becomes another one at `at`: then, and at its end. */
function forked(at: number, to: Scenario): readonly [string, string] {
  const run = new Simulation(untouched, options);
  run.runTo(at);
  const past = run.digest;
  run.change(to);
  const { document } = run.finish();
  return [past, document.digest];
}

const digest = (scenario: Scenario): string => new Simulation(scenario, options).finish().document.digest;

testProp(
  'a fault that is added or taken away on the way is as if the plan had been so from the start',
  [
    fc.integer({ min: 0, max: 13 * SECOND }),
    fc.constantFrom<JsonObject>(
      { at: '15s', kind: 'crash', target: 'viewer', share: 0.4, replace: true },
      { at: '14500ms', kind: 'partition', target: 'viewer', param: 0.5, for: '2s' },
      LEAVES,
    ),
    fc.boolean(),
  ],
  (t, at, fault, instead) => {
    const kept = at < 6 * SECOND ? [] : [RESTART];
    const faults = instead ? [...kept, fault] : [RESTART, LOSS, fault];
    const to = scenarioOf({ faults: faults as Json });
    const [past, end] = forked(at, to);
    t.is(end, digest(to));
    const run = new Simulation(untouched, options);
    run.runTo(at);
    t.is(past, run.digest);
  },
  // The example forks a period of the directory's timer before the fault: both are due at the same microsecond.
  {
    numRuns: 5,
    examples: [[13 * SECOND, LEAVES, false]],
  },
);

test('no change is no fork; another policy is another future of the same past', (t) => {
  const [past, end] = forked(9 * SECOND, untouched);
  t.is(end, digest(untouched));
  for (const settings of [
    { selection: 'random' },
    { admission: 'first-come' },
    { repairShare: 0.05, standby: false },
  ]) {
    const [same, other] = forked(9 * SECOND, scenarioOf({ settings }));
    t.is(same, past);
    t.not(other, end, JSON.stringify(settings));
  }
});

test('what belongs to the past, too, is refused with the reason, all at once', (t) => {
  const paths = (change: JsonObject): string[] =>
    changeProblems(untouched, scenarioOf(change), 10 * SECOND).map(({ path }) => path);
  t.deepEqual(paths({}), []);
  t.deepEqual(paths({ settings: { selection: 'random' } }), []);
  t.deepEqual(paths({ duration: '30s', sessions: { model: 'stay' }, viewers: 13 }), [
    'viewers',
    'duration',
    'sessions',
  ]);
  t.deepEqual(paths({ network: { loss: 0.1 } }), ['network']);
  t.deepEqual(paths({ faults: [RESTART] }), []);
  t.deepEqual(paths({ faults: [LOSS] }), ['faults.0']);
  t.deepEqual(paths({ faults: [RESTART, { ...LOSS, at: '9s' }] }), ['faults.1.at']);
  t.deepEqual(paths({ faults: [RESTART, { ...LOSS, marked: true }] }), ['faults.1.marked']);
  t.deepEqual(paths({ settings: { renewEvery: '7s', selection: 'nearest' } }), [
    'settings.renewEvery',
    'settings.selection',
  ]);
  const run = new Simulation(untouched, options);
  run.runTo(10 * SECOND);
  t.throws(() => run.change(scenarioOf({ viewers: 13 })), {
    instanceOf: Unchangeable,
    message: /drawn before the run/,
  });
});

test('a protocol whose nodes take no settings says so', (t) => {
  const run = new Simulation(untouched, { ...originEdge, seed: 3 });
  run.runTo(SECOND);
  t.throws(() => run.change(scenarioOf({ settings: { standby: false } })), {
    instanceOf: Unchangeable,
    message: /origin-edge take no settings/,
  });
});
