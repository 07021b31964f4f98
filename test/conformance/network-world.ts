import type { ByeCode, Contact, DialOutcome, Input, Network } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import type { NodeId } from '../../core/units.js';
import { encodeHeader } from '../../core/trust/chunks.js';
import type { ChunkHeader } from '../../core/chunk.js';
import { LIMITS } from '../../core/limits.js';

type TestNetwork = Network<Message, Command>;

/** What a network must offer to be tested. Simulated worlds count virtual milliseconds, real ones wait. */
export interface NetworkWorld {
  /** A new node that can be dialled; the same index gives no second one. */
  add(index: number): Promise<{ readonly id: NodeId; readonly contact: Contact; readonly network: TestNetwork }>;
  /** A well-formed contact that nobody answers. */
  nobody(): Promise<Contact>;
  advance(milliseconds: number): Promise<void>;
  /** The node stops, or goes on, taking what comes; absent where readers are never slow. */
  stall?(node: NodeId): void;
  resume?(node: NodeId): void;
  end(): Promise<void>;
}

export const CHUNK_BYTES = LIMITS.chunkBytes;
const STREAM = 'a'.repeat(52);

/** Some control message that carries a number. */
export function control(number: number): Message {
  return { type: 'lacking', stream: STREAM, epoch: number, seqs: [] };
}

/** A chunk that carries a number, whose payload is checked on arrival. */
export function media(number: number, size: number): Message {
  const header: ChunkHeader = {
    stream: STREAM,
    epoch: 1,
    seq: number,
    fragment: number,
    part: 0,
    parts: 1,
    keyframe: true,
    sourceTime: 0,
    size,
    digest: new Uint8Array(16),
  };
  const chunk = {
    ...header,
    envelope: encodeHeader(header),
    signature: new Uint8Array(64),
    payload: payload(number, size),
  };
  return { type: 'chunk', mode: 'push', chunk, beatSeq: number, depth: 1 };
}

function payload(number: number, size: number): Uint8Array {
  return new Uint8Array(size).fill(number & 0xff);
}

export interface Received {
  readonly lane: 'control' | 'media';
  readonly number: number;
}

/** A machine's place on the network that writes down all inputs. */
export class ContractNode {
  readonly id: NodeId;
  readonly contact: Contact;
  readonly inputs: Input<Message, Command>[] = [];
  /** Whether the network ever called in the middle of an effect or of another input. */
  reentered = false;
  onMessage: (number: number) => void = () => undefined;
  readonly #network: TestNetwork;
  readonly #received = new Map<NodeId, Received[]>();
  readonly #whenUp = new Map<NodeId, () => void>();
  #inside = 0;

  private constructor(id: NodeId, contact: Contact, network: TestNetwork) {
    this.id = id;
    this.contact = contact;
    this.#network = network;
  }

  static async start(world: NetworkWorld, index: number): Promise<ContractNode> {
    const { id, contact, network } = await world.add(index);
    const node = new ContractNode(id, contact, network);
    network.attach(id, (input) => node.#take(input));
    return node;
  }

  connect(to: Contact): void {
    this.#effect(() => this.#network.connect(this.id, to));
  }

  send(to: NodeId, message: Message): void {
    this.#effect(() => this.#network.send(this.id, to, message));
  }

  disconnect(peer: NodeId, code: ByeCode): void {
    this.#effect(() => this.#network.disconnect(this.id, peer, code, 'a test'));
  }

  stop(): void {
    this.#network.detach(this.id);
  }

  whenUp(peer: NodeId, action: () => void): void {
    this.#whenUp.set(peer, action);
  }

  get dials(): { readonly contact: Contact; readonly outcome: DialOutcome }[] {
    return this.inputs.filter((input) => input.type === 'dial').map(({ contact, outcome }) => ({ contact, outcome }));
  }

  /** `change why` of every peer input about this peer. */
  changes(peer: NodeId): string[] {
    return this.inputs
      .filter((input) => input.type === 'peer' && input.peer === peer)
      .map((input) => (input.type === 'peer' ? `${input.change} ${input.why}` : ''));
  }

  received(peer: NodeId): readonly Received[] {
    return this.#received.get(peer) ?? [];
  }

  #take(input: Input<Message, Command>): void {
    if (this.#inside > 0) this.reentered = true;
    this.#inside++;
    this.inputs.push(input);
    if (input.type === 'peer' && input.change === 'up') this.#whenUp.get(input.peer)?.();
    if (input.type === 'message') this.#message(input.from, input.message);
    this.#inside--;
  }

  #message(from: NodeId, message: Message): void {
    const all = this.#received.get(from) ?? [];
    this.#received.set(from, all);
    if (message.type === 'lacking') {
      all.push({ lane: 'control', number: message.epoch });
      this.onMessage(message.epoch);
    } else if (message.type === 'chunk') {
      const { seq, size, payload: bytes } = message.chunk;
      const intact = bytes.length === size && bytes.every((byte) => byte === (seq & 0xff));
      all.push({ lane: 'media', number: intact ? seq : -1 });
    }
  }

  #effect(effect: () => void): void {
    this.#inside++;
    effect();
    this.#inside--;
  }
}

/** Waits until the condition holds; throws after half a minute of the world's time. */
export async function eventually(world: NetworkWorld, holds: () => boolean): Promise<void> {
  for (let waited = 0; waited < 30_000; waited += 5) {
    if (holds()) return;
    await world.advance(5);
  }
  throw new Error('it never came true');
}
