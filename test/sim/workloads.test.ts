import { fc, test, testProp } from '@fast-check/ava';
import { simTable } from '../../apps/cli/sim-table.js';
import { metricOf } from '../../experiments/metrics.js';
import { ASTRAL, PROTOCOLS, type Entry } from '../../experiments/protocols.js';
import { listWorkloads, readWorkload } from '../../experiments/workloads.js';
import { REGIONS } from '../../sim/geography.js';
import { loadScenario, type Json, type JsonObject, type Scenario, type ScenarioOptions } from '../../sim/scenario.js';
import { simulate } from '../../sim/simulate.js';

const astral = PROTOCOLS.get('astral') as Entry;

function load(file: Json, options: ScenarioOptions = {}): Scenario {
  const loaded = loadScenario(file, options);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.scenario;
}

/** What is to befall the viewers comes within a short run, too. */
function soon(file: Json): [string, Json][] {
  const { faults = [] } = file as { faults?: JsonObject[] };
  return faults.map((_, index) => [`faults.${index}.at`, '20s']);
}

for (const { id } of listWorkloads()) {
  test(`a small ${id} keeps every invariant`, (t) => {
    const file = readWorkload(id);
    const scenario = load(file, { viewers: 30, duration: '40s', set: soon(file) });
    const { document } = astral.simulate(scenario, { seed: 1, check: 'all' });
    t.deepEqual(document.violations, []);
    t.true((metricOf(document.metrics, 'viewers.started') ?? 0) > 0, 'somebody watches');
    const table = simTable(document, scenario);
    for (const { metric } of scenario.targets) {
      t.not(metricOf(document.metrics, metric), undefined, `${metric} is no figure`);
      t.regex(table, new RegExp(`(met|missed) +${metric} [<>]=`), 'met or missed, people are told');
    }
  });
}

testProp(
  'a fault in a region strikes all viewers there and nobody elsewhere',
  [fc.constantFrom(...REGIONS), fc.integer({ min: 0, max: 1e6 })],
  (t, region, seed) => {
    const faults = [{ at: '4s', kind: 'crash', target: 'viewer', region }];
    const scenario = load({ name: 'region', viewers: 30, duration: '6s', ramp: '2s', quiet: '0s', faults });
    const { viewers } = simulate(scenario, { ...ASTRAL, seed, check: 'off' });
    const crashed = viewers['ending']?.map((ending) => ending === 'crashed');
    t.deepEqual(
      crashed,
      viewers['region']?.map((each) => each === REGIONS.indexOf(region)),
    );
    t.true(crashed?.includes(false));
  },
  { numRuns: 10 },
);

test('a region that does not exist is a problem, and is told where it stands', (t) => {
  const faults = [{ at: '4s', kind: 'crash', target: 'viewer', region: 'atlantis' }];
  const loaded = loadScenario({ name: 'region', faults });
  t.deepEqual(loaded.ok ? [] : loaded.problems.map(({ path }) => path), ['faults.0.region']);
});
