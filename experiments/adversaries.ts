import type { Chunk } from '../core/chunk.js';
import type { Deadline, Effects, Input, Machine } from '../core/machine.js';
import type { Beat, Command, Message } from '../core/message.js';
import { SECOND, type NodeId, type Time } from '../core/units.js';
import type { View } from '../core/view.js';
import type { Behaviour } from '../sim/behaviours.js';

/** Long enough to be of no use to most players, short enough not to look dead. */
const DELAY: Time = 1.5 * SECOND;

/** What becomes of a message that an adversary sends: null for nothing. Later than now means that it is held back. */
interface Spoiled {
  readonly message: Message | null;
  readonly delay: Time;
}

type Spoil = (message: Message) => Spoiled;

const asIs = (message: Message): Spoiled => ({ message, delay: 0 });

/** What adversaries of astral do to what their node, which itself is honest, wants to send. */
const SPOILS: Readonly<Record<Behaviour, Spoil>> = {
  honest: asIs,
  freeloader: asIs,
  'capacity-liar': asIs,
  'black-hole': (message) => (message.type === 'chunk' ? { message: null, delay: 0 } : asIs(message)),
  delayer: (message) => ({ message, delay: message.type === 'chunk' ? DELAY : 0 }),
  polluter: (message) => asIs(message.type === 'chunk' ? { ...message, chunk: polluted(message.chunk) } : message),
  'depth-liar': (message) => asIs(flattered(message)),
};

function polluted(chunk: Chunk): Chunk {
  const payload = Uint8Array.from(chunk.payload);
  if (payload.length > 0) payload[0] = (payload[0] as number) ^ 1;
  return { ...chunk, payload };
}

/** Every statement about the own depth says: one hop from the publisher. */
function flattered(message: Message): Message {
  const near = <B extends Beat>(beat: B): B => ({ ...beat, depth: Math.min(beat.depth, 1) });
  switch (message.type) {
    case 'offer':
    case 'activated':
      return { ...message, beat: near(message.beat) };
    case 'tick':
      return { ...message, beats: message.beats.map(near) };
    case 'chunk':
      return { ...message, depth: Math.min(message.depth, 1) };
    default:
      return message;
  }
}

/** An honest machine whose words and deeds are changed on their way out, while `active`. */
class Misbehaving implements Machine<Message, Command, View> {
  readonly #inner: Machine<Message, Command, View>;
  readonly #spoil: Spoil;
  readonly #active: () => boolean;
  /** Messages held back, in the order of their time. */
  readonly #held: { readonly at: Time; readonly to: NodeId; readonly message: Message }[] = [];

  constructor(inner: Machine<Message, Command, View>, spoil: Spoil, active: () => boolean) {
    this.#inner = inner;
    this.#spoil = spoil;
    this.#active = active;
  }

  handle(now: Time, input: Input<Message, Command>, effects: Effects<Message>): void {
    while ((this.#held[0]?.at ?? Infinity) <= now) {
      const { to, message } = this.#held.shift()!;
      effects.send(to, message);
    }
    this.#inner.handle(now, input, this.#spoiling(now, effects));
  }

  nextDeadline(): Deadline | null {
    const own = this.#inner.nextDeadline();
    const [held] = this.#held;
    return held !== undefined && held.at < (own?.at ?? Infinity) ? { at: held.at, why: 'held back' } : own;
  }

  view(): View {
    return this.#inner.view();
  }

  restore(view: View): void {
    this.#inner.restore(view);
  }

  #spoiling(now: Time, effects: Effects<Message>): Effects<Message> {
    return {
      send: (to, message) => {
        const spoiled = this.#active() ? this.#spoil(message) : asIs(message);
        if (spoiled.message === null) return;
        if (spoiled.delay === 0) effects.send(to, spoiled.message);
        else this.#held.push({ at: now + spoiled.delay, to, message: spoiled.message });
      },
      connect: (to) => effects.connect(to),
      disconnect: (peer, code, detail) => effects.disconnect(peer, code, detail),
      play: (chunk) => effects.play(chunk),
      reply: (id, result) => effects.reply(id, result),
      persist: (state) => effects.persist(state),
      trace: effects.trace,
    };
  }
}

/** Astral's nodes as adversaries: see `BEHAVIOURS` for what each does. */
export function misbehave(
  behaviour: Behaviour,
  machine: Machine<Message, Command, View>,
  active: () => boolean,
): Machine<Message, Command, View> {
  return SPOILS[behaviour] === asIs ? machine : new Misbehaving(machine, SPOILS[behaviour], active);
}
