import type { Chunk } from '../chunk.js';
import type {
  ByeCode,
  CommandResult,
  Contact,
  Crypto,
  Deadline,
  DurableState,
  Effects,
  Input,
  Machine,
} from '../machine.js';
import type { TraceEvent } from '../trace.js';
import type { CommandId, NodeId, Time } from '../units.js';
import { EffectsHash, type Effect } from './effects.js';

/** Is told what a machine is told, and what it wants done. It must change nothing of what it sees. */
export interface WitnessPort<M, C> {
  /** Before the machine handles it; `effects` is the hash of all effects before. */
  input(at: Time, input: Input<M, C>, effects: string): void;
  effect?(at: Time, effect: Effect<M>): void;
}

/** Stands between a machine and its host, lets everything pass, and tells of it. */
export class Witness<M, C, V> implements Machine<M, C, V>, Effects<M> {
  readonly #machine: Machine<M, C, V>;
  readonly #port: WitnessPort<M, C>;
  readonly #hash = new EffectsHash();
  #out: Effects<M> = NOWHERE;
  #now: Time = 0;

  constructor(machine: Machine<M, C, V>, port: WitnessPort<M, C>) {
    this.#machine = machine;
    this.#port = port;
  }

  /** Hash of all effects so far. */
  get effects(): string {
    return this.#hash.hex;
  }

  handle(now: Time, input: Input<M, C>, effects: Effects<M>): void {
    this.#port.input(now, input, this.effects);
    this.#now = now;
    this.#out = effects;
    this.#machine.handle(now, input, this);
  }

  nextDeadline(): Deadline | null {
    return this.#machine.nextDeadline();
  }

  view(): V {
    return this.#machine.view();
  }

  restore(view: V): void {
    this.#machine.restore(view);
  }

  send(to: NodeId, message: M): void {
    this.#tell({ type: 'send', to, message });
    this.#out.send(to, message);
  }

  connect(to: Contact): void {
    this.#tell({ type: 'connect', to });
    this.#out.connect(to);
  }

  disconnect(peer: NodeId, code: ByeCode, detail: string): void {
    this.#tell({ type: 'disconnect', peer, code, detail });
    this.#out.disconnect(peer, code, detail);
  }

  play(chunk: Chunk): void {
    this.#tell({ type: 'play', chunk });
    this.#out.play(chunk);
  }

  reply(id: CommandId, result: CommandResult): void {
    this.#tell({ type: 'reply', id, result });
    this.#out.reply(id, result);
  }

  persist(state: DurableState): void {
    this.#tell({ type: 'persist', state });
    this.#out.persist(state);
  }

  get trace(): ((event: TraceEvent) => void) | null {
    return this.#out.trace;
  }

  #tell(effect: Effect<M>): void {
    this.#hash.add(effect);
    this.#port.effect?.(this.#now, effect);
  }
}

/** Where the effects of a machine go that is run again on a desk. */
export const NOWHERE: Effects<unknown> = {
  send() {},
  connect() {},
  disconnect() {},
  play() {},
  reply() {},
  persist() {},
  trace: null,
};

/** A `Crypto` that tells of each signature it makes: without the secret nobody can make them again. */
export function witnessedCrypto(crypto: Crypto, signed: (signature: Uint8Array) => void): Crypto {
  return {
    sign(key, bytes) {
      const signature = crypto.sign(key, bytes);
      signed(signature);
      return signature;
    },
    verify: (publicKey, bytes, signature) => crypto.verify(publicKey, bytes, signature),
    hash: (bytes) => crypto.hash(bytes),
    idOf: (publicKey) => crypto.idOf(publicKey),
  };
}
