import test from 'ava';
import type { Effects, Input, Machine } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import type { NodeId, Time } from '../../core/units.js';
import type { View } from '../../core/view.js';
import { attempt, type Simulate } from '../../experiments/fuzz/attempt.js';
import { draw } from '../../experiments/fuzz/draw.js';
import { FUZZ_DEFAULTS, trySeed } from '../../experiments/fuzz/fuzz.js';
import { shrink } from '../../experiments/fuzz/shrink.js';
import { ASTRAL } from '../../experiments/protocols.js';
import type { JsonObject } from '../../sim/scenario.js';
import { simulate, type Contender } from '../../sim/simulate.js';

type Node = Machine<Message, Command, View>;

const SKIPPED = 50;

/** Defect: of the renewals that a node sends, every fiftieth is not sent. Which one is first differs between nodes. */
function forgetful(id: NodeId, inner: Node): Node {
  let renewals = id.charCodeAt(id.length - 1) * 7;
  const forgets = (message: Message): boolean => message.type === 'renew' && ++renewals % SKIPPED === 0;
  return {
    handle(now: Time, input: Input<Message, Command>, effects: Effects<Message>): void {
      inner.handle(now, input, {
        send: (to, message) => (forgets(message) ? undefined : effects.send(to, message)),
        connect: (to) => effects.connect(to),
        disconnect: (peer, code, detail) => effects.disconnect(peer, code, detail),
        play: (chunk) => effects.play(chunk),
        reply: (command, result) => effects.reply(command, result),
        persist: (state) => effects.persist(state),
        trace: effects.trace,
      });
    },
    nextDeadline: () => inner.nextDeadline(),
    view: () => inner.view(),
    restore: (view) => inner.restore(view),
  };
}

const under =
  (contender: Contender<Message>): Simulate =>
  (scenario, options) =>
    simulate(scenario, { ...contender, ...options });

const sound = under(ASTRAL);
const { protocol } = ASTRAL;
const planted = under({
  ...ASTRAL,
  protocol: { ...protocol, create: (identity, ...rest) => forgetful(identity.id, protocol.create(identity, ...rest)) },
});

test('one renewal in fifty that is skipped is found within 200 seeds and shrunk to 5 nodes and 5 faults', (t) => {
  t.timeout(240_000);
  const breaks = (run: Simulate, seed: number): boolean =>
    trySeed(run, seed).failure?.violations.some(({ invariant }) => invariant === 'S26') === true;
  let seed = 1;
  while (seed < 200 && !breaks(planted, seed)) seed++;
  t.log(`found under seed ${seed}`);
  t.true(seed < 200);
  t.false(breaks(sound, seed), 'it is the defect that breaks it');

  const { profile, bounds } = FUZZ_DEFAULTS;
  const smallest = shrink(planted, draw(seed, profile, bounds), { seed, invariant: 'S26', limitMs: 60_000 });
  if (smallest === null) return t.fail('the failure does not repeat');
  const { nodes, faults, runs, complete } = smallest;
  t.log(`shrunk to ${nodes} nodes and ${faults} faults in ${runs} runs${complete ? '' : ', until the time was over'}`);
  t.true(nodes <= 5, `${nodes} nodes`);
  t.true(faults <= 5, `${faults} faults`);

  const file = JSON.parse(JSON.stringify(smallest.scenario)) as JsonObject;
  const found = attempt(planted, file, smallest.seed).violations.find(({ invariant }) => invariant === 'S26');
  t.deepEqual(found, smallest.violation, 'the file and the seed alone repeat it');
  t.deepEqual(
    attempt(sound, file, smallest.seed).violations.filter(({ invariant }) => invariant === 'S26'),
    [],
  );
});
