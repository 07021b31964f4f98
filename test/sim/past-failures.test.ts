import test from 'ava';
import { Uplink } from '../../core/delivery/uplink.js';
import type { Deadline, Effects, Input, Machine } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import type { Time } from '../../core/units.js';
import type { View } from '../../core/view.js';
import { ASTRAL } from '../../experiments/protocols.js';
import { loadScenario, textOf, type JsonObject } from '../../sim/scenario.js';
import { simulate, type SimDocument } from '../../sim/simulate.js';

type Node = Machine<Message, Command, View>;

/** Viewers that restart, a new epoch of the publisher, half of the overlay cut off, then no directory. */
const STORM: JsonObject = {
  name: 'storm',
  viewers: 60,
  duration: '80s',
  ramp: '20s',
  faults: [
    { at: '30s', kind: 'restart', target: 'viewer', param: 0.25, for: '5s' },
    { at: '40s', kind: 'restart', target: 'publisher' },
    { at: '50s', kind: 'partition', target: 'viewer', param: 0.5, for: '10s' },
    { at: '65s', kind: 'restart', target: 'viewer', param: 0.2 },
    { at: '70s', kind: 'crash', target: 'directory' },
  ],
};

/** Epoch after epoch, and a partition while the news of each travels: the shortest way found to both defects below. */
const EPOCHS: JsonObject = {
  name: 'epochs',
  viewers: 40,
  duration: '60s',
  ramp: '8s',
  faults: [
    { at: '14s', kind: 'restart', target: 'publisher' },
    { at: '15s', kind: 'partition', target: 'viewer', param: 0.5, for: '6s' },
    { at: '22s', kind: 'restart', target: 'viewer', param: 0.3 },
    { at: '25s', kind: 'restart', target: 'publisher' },
    { at: '26s', kind: 'partition', target: 'viewer', param: 0.5, for: '6s' },
    { at: '34s', kind: 'restart', target: 'publisher' },
    { at: '35s', kind: 'restart', target: 'viewer', param: 0.3 },
  ],
};

/** Seeds under which each once broke S1 or S10, or does so with a defect planted. */
const PAST: readonly (readonly [JsonObject, readonly number[]])[] = [
  [STORM, [2, 6, 8, 9]],
  [EPOCHS, [1, 2, 3, 5]],
];

/** A planted defect must show within this many seeds. */
const PATIENCE = 25;

function run(file: JsonObject, seed: number, plant: (node: Node) => Node = (node) => node): SimDocument {
  const loaded = loadScenario(file);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { protocol, createDirectory } = ASTRAL;
  const create: typeof protocol.create = (...given) => plant(protocol.create(...given));
  return simulate(loaded.scenario, { createDirectory, protocol: { ...protocol, create }, seed, check: 'all' }).document;
}

/** The first seed of `EPOCHS` that breaks the invariant, null when none does. */
function firstBreak(invariant: string, plant?: (node: Node) => Node): number | null {
  for (let seed = 1; seed <= PATIENCE; seed++) {
    if (run(EPOCHS, seed, plant).checks[invariant]?.verdict === 'violated') return seed;
  }
  return null;
}

/**
 * Defect: beside the chunks of a new epoch a node sends the beat that it still has of the old one, a higher number, so
 * that those below it take themselves for fresher than they are.
 */
class MixesEpochs implements Node {
  readonly #inner: Node;

  constructor(inner: Node) {
    this.#inner = inner;
  }

  handle(now: Time, input: Input<Message, Command>, effects: Effects<Message>): void {
    this.#inner.handle(now, input, {
      send: (to, message) => effects.send(to, this.#mixed(message)),
      connect: (to) => effects.connect(to),
      disconnect: (peer, code, detail) => effects.disconnect(peer, code, detail),
      play: (chunk) => effects.play(chunk),
      reply: (id, result) => effects.reply(id, result),
      persist: (state) => effects.persist(state),
      trace: effects.trace,
    });
  }

  nextDeadline(): Deadline | null {
    return this.#inner.nextDeadline();
  }

  view(): View {
    return this.#inner.view();
  }

  restore(view: View): void {
    this.#inner.restore(view);
  }

  #mixed(message: Message): Message {
    if (message.type !== 'chunk' || message.beatSeq >= 0) return message;
    const paths = this.view().streams.find(({ stream }) => stream === message.chunk.stream)?.paths ?? [];
    return { ...message, beatSeq: Math.max(-1, ...paths.map(({ seq }) => seq)) };
  }
}

for (const [file, seeds] of PAST) {
  for (const seed of seeds) {
    test(`${textOf(file['name'])} under seed ${seed} breaks nothing`, (t) => {
      const { violations, checks } = run(file, seed);
      t.deepEqual(violations, []);
      for (const [name, { verdict }] of Object.entries(checks)) t.is(verdict, 'held', name);
    });
  }
}

test('beats of two epochs that are mixed close a cycle, and S1 sees it', (t) => {
  const seed = firstBreak('S1', (node) => new MixesEpochs(node));
  t.log(`under seed ${seed}`);
  t.not(seed, null);
});

test('chunks of an ended epoch that still wait for the uplink go out under the wrong tickets, and S10 sees it', (t) => {
  const forgetStream = Object.getOwnPropertyDescriptor(Uplink.prototype, 'forgetStream') as PropertyDescriptor;
  Object.defineProperty(Uplink.prototype, 'forgetStream', { ...forgetStream, value: () => {} });
  try {
    const seed = firstBreak('S10');
    t.log(`under seed ${seed}`);
    t.not(seed, null);
  } finally {
    Object.defineProperty(Uplink.prototype, 'forgetStream', forgetStream);
  }
});
