import type { Chunk } from '../../core/chunk.js';
import { DEFAULTS } from '../../core/config.js';
import type { Effects, Input } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import { AstralNode } from '../../core/node.js';
import { createRng } from '../../core/rng.js';
import { signChunk } from '../../core/trust/chunks.js';
import { signManifest } from '../../core/trust/statements.js';
import { createSimCrypto } from '../../sim/crypto.js';

const rng = createRng('forged');
const crypto = createSimCrypto(rng.fork('crypto'));
const streamKey = crypto.keyPair('s');
const manifest = signManifest(crypto, streamKey, {
  stream: 's',
  publicKey: streamKey.publicKey,
  epoch: 1,
  name: 'name',
  description: '',
  mime: '',
  substreams: 1,
  chunkTime: 100_000,
  bitrate: 500_000,
  init: new Uint8Array(),
});

export interface Attached {
  /** Hands an input over, 1 ms after the last unless `at` says when. */
  readonly feed: (input: Input<Message, Command>, at?: number) => void;
  readonly node: AstralNode;
  readonly deeds: string[];
  /** Kinds of the messages that it sent. */
  readonly sent: string[];
}

/** A node that watches stream 's' by an active ticket of provider 'p'; what it does is collected. */
export function attached(): Attached {
  const deeds: string[] = [];
  const sent: string[] = [];
  const effects: Effects<Message> = {
    send: (_to, message) => void sent.push(message.type),
    connect: () => {},
    disconnect: (peer, code) => void deeds.push(`disconnect ${peer} ${code}`),
    play: () => {},
    reply: () => {},
    persist: () => {},
    trace: (event) => {
      if (event.type === 'chunk' || event.type === 'provider') deeds.push(`${event.type} ${event.change}`);
    },
  };
  const node = new AstralNode({ id: 'v', key: crypto.keyPair('v'), durable: null }, DEFAULTS, rng.fork('v'), crypto);
  let now = 0;
  const feed = (input: Input<Message, Command>, at = now + 1000): void => node.handle((now = at), input, effects);
  const message = (each: Message): void => feed({ type: 'message', from: 'p', message: each });
  feed({ type: 'command', id: 1, command: { type: 'watch', stream: 's' } });
  feed({ type: 'peer', peer: 'p', change: 'up', why: 'dialled', address: 'sim:p' });
  message({ type: 'manifest', manifest });
  message({
    type: 'offer',
    stream: 's',
    sub: 0,
    ticket: 1,
    generation: 0,
    incarnation: 1,
    ttl: 2_000_000,
    beat: { epoch: 1, seq: 4, depth: 0 },
    source: { time: 500_000, error: 0 },
    keyframes: [],
    at: null,
  });
  return { feed, node, deeds, sent };
}

/** Chunk number `seq` of the stream, as its publisher signs it. */
export function chunk(seq: number): Chunk {
  const payload = Uint8Array.of(seq & 255);
  const slice = { fragment: seq, part: 0, parts: 1, keyframe: true, size: 1 };
  return signChunk(crypto, streamKey, { stream: 's', epoch: 1, seq, sourceTime: seq * 1000, ...slice }, payload);
}
