import type { Chunk, Manifest } from '../../core/chunk.js';
import { DEFAULTS, type Config } from '../../core/config.js';
import type { CommandResult, Effects, Input, KeyPair } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import { AstralNode } from '../../core/node.js';
import { createRng } from '../../core/rng.js';
import { signChunk } from '../../core/trust/chunks.js';
import { signManifest } from '../../core/trust/statements.js';
import { MS, type Time } from '../../core/units.js';
import { createSimCrypto, type SimCrypto } from '../../sim/crypto.js';

/** The stream that `LoneNode` signs for. */
export const STREAM = 's';

/** A node without a network: a test tells it what it likes, and all that it does is collected. */
export class LoneNode {
  readonly sent: { readonly to: string; readonly message: Message }[] = [];
  /** Addresses. */
  readonly dialled: string[] = [];
  readonly played: Chunk[] = [];
  readonly results: CommandResult[] = [];
  readonly crypto: SimCrypto;
  readonly node: AstralNode;
  readonly #key: KeyPair;
  readonly #effects: Effects<Message>;
  now: Time = 0;

  constructor(seed: string, config: Partial<Config> = {}) {
    const rng = createRng(seed);
    this.crypto = createSimCrypto(rng.fork('crypto'));
    this.#key = this.crypto.keyPair(STREAM);
    const identity = { id: 'v', key: this.crypto.keyPair('v'), durable: null };
    this.node = new AstralNode(identity, { ...DEFAULTS, ...config }, rng.fork('v'), this.crypto);
    this.#effects = {
      send: (to, message) => void this.sent.push({ to, message }),
      connect: ({ address }) => void this.dialled.push(address),
      disconnect: () => {},
      play: (chunk) => void this.played.push(chunk),
      reply: (_id, result) => void this.results.push(result),
      persist: () => {},
      trace: null,
    };
  }

  /** The key that the stream is signed with. */
  get key(): Uint8Array {
    return this.#key.publicKey;
  }

  handle(input: Input<Message, Command>): void {
    this.node.handle(this.now, input, this.#effects);
  }

  /** Lets time pass, with every wake-up that the node asks for. */
  pass(time: Time): void {
    const end = this.now + time;
    for (let due = this.node.nextDeadline(); due !== null && due.at <= end; due = this.node.nextDeadline()) {
      this.now = Math.max(this.now, due.at);
      this.handle({ type: 'wake' });
    }
    this.now = end;
  }

  meet(peer: string, address = `sim:${peer}`): void {
    this.handle({ type: 'peer', peer, change: 'up', why: 'dialled', address });
  }

  tell(from: string, message: Message): void {
    this.handle({ type: 'message', from, message });
  }

  command(command: Command): CommandResult | undefined {
    const before = this.results.length;
    this.handle({ type: 'command', id: 1, command });
    return this.results[before];
  }

  /** `publish` of the stream by this node itself. */
  publish(bitrate = 500_000): CommandResult | undefined {
    const media = { mime: '', init: new Uint8Array(), substreams: 1, chunkTime: 100 * MS, bitrate };
    return this.command({ type: 'publish', key: this.#key, name: '', description: '', epochFloor: 0, ...media });
  }

  manifest(more: Partial<Manifest> = {}): Manifest {
    return signManifest(this.crypto, this.#key, {
      stream: STREAM,
      publicKey: this.#key.publicKey,
      epoch: 1,
      name: '',
      description: '',
      mime: '',
      substreams: 1,
      chunkTime: 100 * MS,
      bitrate: 500_000,
      init: new Uint8Array(),
      ...more,
    });
  }

  chunk(seq: number, sourceTime: Time, epoch = 1): Chunk {
    const slice = { fragment: seq, part: 0, parts: 1, keyframe: seq % 10 === 0, size: 1 };
    const header = { stream: STREAM, epoch, seq, sourceTime, ...slice };
    return signChunk(this.crypto, this.#key, header, Uint8Array.of(seq & 255));
  }
}
