import { Deadlines } from '../../../core/deadlines.js';
import { LIMITS } from '../../../core/limits.js';
import type { Deadline, Effects, Input, Machine, Rng } from '../../../core/machine.js';
import { SECOND, type NodeId, type Time } from '../../../core/units.js';
import type { Message } from './messages.js';
import { someOf } from './some-of.js';

/** A node that was not heard of for this long is no longer named. */
const FORGOTTEN: Time = 25 * SECOND;
const SWEEP: Time = SECOND;

interface Entry {
  readonly node: NodeId;
  readonly address: string;
  readonly heardAt: Time;
}

export interface TrackerView {
  readonly nodes: readonly Entry[];
}

/** Where a node hears of its first members: a random few of those that said they are there. */
export class Tracker implements Machine<Message, never, TrackerView> {
  readonly #rng: Rng;
  readonly #nodes = new Map<NodeId, Entry>();
  readonly #deadlines = new Deadlines(['sweep']);

  constructor(rng: Rng) {
    this.#rng = rng;
    this.#deadlines.set('sweep', SWEEP);
  }

  handle(now: Time, input: Input<Message, never>, effects: Effects<Message>): void {
    if (input.type === 'message' && input.message.type === 'enter') {
      const { address, looking } = input.message;
      if (looking) effects.send(input.from, { type: 'members', members: this.#some(input.from) });
      const node = input.from;
      if (this.#nodes.has(node) || this.#nodes.size < LIMITS.directoryRecords)
        this.#nodes.set(node, { node, address, heardAt: now });
    } else if (input.type === 'peer' && input.change === 'down') this.#nodes.delete(input.peer);
    if (this.#deadlines.take(now) === null) return;
    for (const [node, { heardAt }] of this.#nodes) if (heardAt + FORGOTTEN <= now) this.#nodes.delete(node);
    this.#deadlines.set('sweep', now + SWEEP);
  }

  nextDeadline(): Deadline | null {
    return this.#deadlines.first;
  }

  view(): TrackerView {
    return { nodes: [...this.#nodes.values()] };
  }

  restore(view: TrackerView): void {
    for (const entry of view.nodes) this.#nodes.set(entry.node, entry);
  }

  #some(asker: NodeId): Entry[] {
    const others = [...this.#nodes.values()].filter(({ node }) => node !== asker);
    return someOf(others, LIMITS.referral, this.#rng);
  }
}
