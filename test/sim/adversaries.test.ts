import test, { type ExecutionContext } from 'ava';
import { ASTRAL } from '../../experiments/protocols.js';
import { BEHAVIOURS, type Behaviour } from '../../sim/behaviours.js';
import { loadScenario, type Scenario } from '../../sim/scenario.js';
import { simulate, type SimDocument, type SimulateOptions } from '../../sim/simulate.js';
import type { Message } from '../../core/message.js';
import type { NodeInfo } from '../../sim/metrics/session.js';

const MISBEHAVIOURS = (Object.keys(BEHAVIOURS) as Behaviour[]).filter((behaviour) => behaviour !== 'honest');

/** Forty viewers with uplink to spare, of whom a share is up to something. */
function world(behaviour: Behaviour, share = 0.2): Scenario {
  const uplink = { model: 'factor', value: 2 };
  const loaded = loadScenario({
    name: behaviour,
    viewers: 40,
    duration: '60s',
    ramp: '15s',
    classes: [
      { name: 'honest', share: 1 - share, uplink },
      { name: 'others', share, uplink, behaviour },
    ],
    resourceIndex: null,
    check: 'all',
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.scenario;
}

function run(scenario: Scenario, options: Partial<SimulateOptions<Message>> = {}): SimDocument {
  return simulate(scenario, { ...ASTRAL, seed: 1, ...options }).document;
}

const figure = (document: SimDocument, path: string): number =>
  Number(path.split('.').reduce<unknown>((tree, key) => (tree as Record<string, unknown>)[key], document.metrics));

/** What honest viewers get where nobody misbehaves: the control of all that follows. */
const peace = run(world('honest'));

function judge(t: ExecutionContext, document: SimDocument): void {
  t.deepEqual(document.violations, [], 'honest nodes keep every promise, and in the quiet tail everybody is fed');
  t.is(figure(document, 'viewers.total'), 32, 'the figures are about honest viewers');
  t.is(figure(document, 'polluted.played'), 0);
  t.is(figure(document, 'polluted.forwarded'), 0);
}

for (const behaviour of MISBEHAVIOURS) {
  test(`a fifth of ${behaviour} nodes costs the others a part at most`, (t) => {
    const document = run(world(behaviour));
    judge(t, document);
    const kept = figure(document, 'continuity.mean') / figure(peace, 'continuity.mean');
    t.true(kept > 0.75, `honest viewers kept ${kept} of their continuity`);
  });
}

test('without adversaries nothing is polluted, and everybody counts', (t) => {
  t.is(figure(peace, 'viewers.total'), 40);
  t.is(figure(peace, 'polluted.received'), 0);
  t.deepEqual(peace.violations, []);
});

test('who passes on a forged chunk does so once to each', (t) => {
  const document = run(world('polluter'));
  t.true(figure(document, 'polluted.received') > 0);
  t.true(figure(document, 'polluted.bornMs') <= 10_000);
});

/** Payload that a node of each kind sent, by what it says itself. */
function sent(scenario: Scenario): { honest: number; others: number } {
  const honest = new Map<string, boolean>();
  const bytes = { honest: 0, others: 0 };
  run(scenario, {
    check: 'off',
    recorder: {
      nodeUp: (_at, info: NodeInfo) => void honest.set(info.id, info.honest !== false),
      nodeDown: () => undefined,
      second: () => undefined,
      observe(_at, node, event) {
        if (event.type !== 'chunk' || (event.change !== 'forwarded' && event.change !== 'answered')) return;
        bytes[honest.get(node) === true ? 'honest' : 'others'] += event.size;
      },
    },
  });
  return bytes;
}

test('a freeloader sends nothing', (t) => {
  const { honest, others } = sent(world('freeloader'));
  t.true(honest > 0);
  t.is(others, 0);
});

test('a world with adversaries repeats', (t) => {
  const scenario = world('delayer');
  t.is(run(scenario).digest, run(scenario).digest);
  t.not(run(scenario).digest, peace.digest);
});
