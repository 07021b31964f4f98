import type { Contact } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import { MS, type NodeId, type Time } from '../../core/units.js';
import { carriesChunk, encodedBytes } from '../../core/wire/codec.js';
import { addressOf } from '../../sim/network-dials.js';
import { SimNetwork } from '../../sim/network.js';
import { BlockRing } from '../../sim/queue.js';
import { identityOf } from './identities.js';
import type { NetworkWorld } from './network-world.js';

/** 20 ms between any two nodes. */
const PATH = { base: 10 * MS, spread: 2 * MS };
/** Slow enough for chunks to queue. */
const LINE = { up: 20_000_000, down: 100_000_000 };

/** The simulated network, in virtual time. */
export function simWorld(): Promise<NetworkWorld> {
  return Promise.resolve(new SimWorld());
}

class SimWorld implements NetworkWorld {
  readonly #queue = new BlockRing();
  readonly #network: SimNetwork<Message, Command>;
  #now: Time = 0;

  constructor() {
    this.#network = new SimNetwork<Message, Command>(
      { queue: this.#queue, now: () => this.#now },
      { sizes: { encodedBytes, carriesChunk }, paths: { path: () => PATH } },
    );
  }

  add(index: number): Promise<{ id: NodeId; contact: Contact; network: SimNetwork<Message, Command> }> {
    const { id } = identityOf(index);
    this.#network.register(id, LINE);
    return Promise.resolve({ id, contact: { node: id, address: addressOf(id) }, network: this.#network });
  }

  nobody(): Promise<Contact> {
    const { id } = identityOf(99);
    return Promise.resolve({ node: id, address: addressOf(id) });
  }

  advance(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds * MS;
    while (this.#queue.pop(until)) {
      this.#now = this.#queue.at;
      this.#network.handle(this.#queue.kind, this.#queue.target, this.#queue.argument, this.#queue.payload);
    }
    this.#now = until;
    return Promise.resolve();
  }

  stall(node: NodeId): void {
    this.#network.rules.add('stall', (_from, to) => (to === node ? 'drop' : null));
  }

  resume(): void {
    this.#network.rules.remove('stall');
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}
