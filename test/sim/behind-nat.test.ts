import { fc, test, testProp } from '@fast-check/ava';
import type { TraceEvent } from '../../core/trace.js';
import { SECOND, type NodeId, type Time } from '../../core/units.js';
import { ASTRAL } from '../../experiments/protocols.js';
import { metricOf } from '../../experiments/metrics.js';
import { loadScenario, type JsonObject, type Scenario } from '../../sim/scenario.js';
import { simulate, type SimDocument } from '../../sim/simulate.js';

interface World {
  readonly viewers: number;
  /** Share of the viewers that nobody can dial. */
  readonly hidden: number;
  /** Uplink of the others, in bitrates. */
  readonly uplink: number;
  /** Mean stay, seconds; null: everybody stays. */
  readonly session: number | null;
  readonly faults: readonly JsonObject[];
}

function scenarioOf({ viewers, hidden, uplink, session, faults }: World): Scenario {
  const loaded = loadScenario({
    name: 'behind-nat',
    viewers,
    duration: '60s',
    ramp: '5s',
    classes: [
      { name: 'open', share: 1 - hidden, uplink: { model: 'factor', value: uplink } },
      { name: 'hidden', share: hidden, uplink: { model: 'factor', value: 1.5 }, reachability: 'behind-nat' },
    ],
    resourceIndex: null,
    ...(session === null ? {} : { sessions: { model: 'exponential', mean: `${session}s` } }),
    network: { loss: 0 },
    faults: [...faults],
    check: 'all',
    quiet: '20s',
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.scenario;
}

interface Outcome {
  readonly document: SimDocument;
  /** Nodes that somebody dialled. */
  readonly dialled: ReadonlySet<NodeId>;
  /** When a dial failed. */
  readonly failed: readonly Time[];
  readonly supernodes: ReadonlySet<NodeId>;
}

function run(world: World, seed: number): Outcome {
  const dialled = new Set<NodeId>();
  const failed: Time[] = [];
  const supernodes = new Set<NodeId>();
  const trace = (at: Time, node: NodeId, event: TraceEvent): void => {
    if (event.type === 'peer' && event.change === 'up' && event.why === 'accepted') dialled.add(node);
    if (event.type === 'refused' && event.what === 'dial') failed.push(at);
    if (event.type === 'role' && event.role === 'supernode') supernodes.add(node);
  };
  const { document } = simulate(scenarioOf(world), { ...ASTRAL, seed, trace });
  return { document, dialled, failed, supernodes };
}

test('whom nobody can dial is soon dialled by hardly anybody, serves all the same, and is no supernode', (t) => {
  const { document, dialled, failed, supernodes } = run(
    { viewers: 40, hidden: 0.6, uplink: 2.5, session: null, faults: [] },
    1,
  );
  t.deepEqual(document.violations, []);
  const figure = (name: string): number => metricOf(document.metrics, name) ?? NaN;
  t.true(figure('continuity.mean') > 0.99, `${figure('continuity.mean')}`);
  t.true(figure('uplinkUsed.behindNat') > 0.15, `${figure('uplinkUsed.behindNat')} of their uplink is used`);
  // The publisher, the directory and two in five viewers.
  t.true(dialled.size <= 18, `${dialled.size} were dialled`);
  // A newcomer may have said where it lives before it knew better, and those who heard it may have told others.
  const late = failed.filter((at) => at > 40 * SECOND && at < 60 * SECOND);
  t.true(late.length < 5, `${late.length} dials failed long after`);
  t.true([...supernodes].every((node) => dialled.has(node)));
});

const instant = fc.integer({ min: 8, max: 30 }).map((second) => `${second}s`);
const fault = fc.record({
  at: instant,
  kind: fc.constantFrom('crash', 'half-open', 'leave'),
  target: fc.constantFrom('interior', 'v1', 'v2'),
});

testProp(
  'no invariant breaks, whatever share of the viewers cannot be dialled',
  [
    fc.record({
      viewers: fc.integer({ min: 4, max: 24 }),
      hidden: fc.integer({ min: 1, max: 7 }).map((tenths) => tenths / 10),
      session: fc.option(fc.integer({ min: 15, max: 60 })),
      faults: fc.array(fault, { maxLength: 3 }),
    }),
    fc.nat(1_000_000),
  ],
  (t, world, seed) => {
    // What the unreachable watch comes from the others alone, and there is room for all.
    const uplink = 2 + 2 / (1 - world.hidden);
    t.deepEqual(run({ ...world, uplink }, seed).document.violations, []);
  },
  { numRuns: 10 },
);
