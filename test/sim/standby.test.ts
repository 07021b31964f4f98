import test from 'ava';
import type { TraceEvent } from '../../core/trace.js';
import type { NodeId, Time } from '../../core/units.js';
import { ASTRAL } from '../../experiments/protocols.js';
import { loadScenario, type JsonObject } from '../../sim/scenario.js';
import { simulate } from '../../sim/simulate.js';

/** Room for a standby each, and deaths without a word all the time. */
const DEATHS: JsonObject = {
  name: 'deaths',
  viewers: 50,
  duration: '75s',
  ramp: '10s',
  resourceIndex: 4,
  faults: Array.from({ length: 12 }, (_, index) => ({
    at: `${20 + 4 * index}s`,
    kind: 'restart',
    target: 'viewer',
    param: 0.1,
    for: '3s',
  })),
};

interface Outcome {
  readonly recover: number;
  readonly coverage: number;
  readonly woken: number;
  readonly broken: readonly unknown[];
}

function run(seed: number, standby: boolean): Outcome {
  const loaded = loadScenario({ ...DEATHS, settings: { standby } });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  let woken = 0;
  const trace = (_at: Time, node: NodeId, event: TraceEvent): void => {
    if (event.type === 'ticket' && node === event.consumer && event.from === 'standby' && event.to === 'active')
      woken++;
  };
  const { metrics, violations } = simulate(loaded.scenario, { ...ASTRAL, seed, check: 'all', trace }).document;
  const figures = JSON.parse(JSON.stringify(metrics)) as Record<string, Record<string, number>>;
  const coverage = figures['standbyCoverage'] as unknown as number;
  return { recover: figures['repairMs']?.['p50'] ?? Infinity, coverage, woken, broken: violations };
}

test('with standbys the pushed stream is whole again sooner than without, and no invariant breaks', (t) => {
  let sooner = 0;
  for (let seed = 1; seed <= 3; seed++) {
    const without = run(seed, false);
    const held = run(seed, true);
    t.deepEqual(without.broken, []);
    t.deepEqual(held.broken, []);
    t.is(without.coverage + without.woken, 0);
    t.true(held.coverage > 0.35, `${held.coverage} of the edges have a standby`);
    t.true(held.woken > 20);
    if (held.recover < without.recover) sooner++;
    t.log(
      `seed ${seed}: half of the losses are made good in ${Math.round(held.recover)} ms rather than ${Math.round(without.recover)}`,
    );
  }
  t.true(sooner >= 2);
});
