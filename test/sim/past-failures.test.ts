import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Uplink } from '../../core/delivery/uplink.js';
import type { Deadline, Effects, Input, Machine } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import type { Time } from '../../core/units.js';
import type { View } from '../../core/view.js';
import { ASTRAL } from '../../experiments/protocols.js';
import { loadScenario, type JsonObject } from '../../sim/scenario.js';
import { simulate, type SimDocument } from '../../sim/simulate.js';

type Node = Machine<Message, Command, View>;

/** A scenario that once broke an invariant, and the seeds under which it did. */
interface PastFailure {
  readonly invariant: string;
  readonly why: string;
  readonly seeds: readonly number[];
  readonly scenario: JsonObject;
}

const CORPUS = 'test/corpus';

const readFailure = (name: string): PastFailure =>
  JSON.parse(readFileSync(join(CORPUS, `${name}.json`), 'utf8')) as PastFailure;

const names = readdirSync(CORPUS)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));

/** Epoch after epoch, and a partition while the news of each travels: the shortest way found to both defects below. */
const EPOCHS = readFailure('epochs').scenario;

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

for (const name of names) {
  const { seeds, scenario, why } = readFailure(name);
  for (const seed of seeds) {
    test(`${name} under seed ${seed} breaks nothing`, (t) => {
      t.log(why);
      const { violations, checks } = run(scenario, seed);
      t.deepEqual(violations, []);
      for (const [invariant, { verdict }] of Object.entries(checks)) t.is(verdict, 'held', invariant);
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
