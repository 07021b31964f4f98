import test from 'ava';
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

/** A node that watches stream 's' by an active ticket of provider 'p'; what it does is collected. */
function attached(): { feed: (input: Input<Message, Command>) => void; node: AstralNode; deeds: string[] } {
  const deeds: string[] = [];
  const effects: Effects<Message> = {
    send: () => {},
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
  const feed = (input: Input<Message, Command>): void => node.handle((now += 1000), input, effects);
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
  return { feed, node, deeds };
}

function chunk(seq: number): Chunk {
  const payload = Uint8Array.of(seq & 255);
  const slice = { fragment: seq, part: 0, parts: 1, keyframe: true, size: 1 };
  return signChunk(crypto, streamKey, { stream: 's', epoch: 1, seq, sourceTime: seq * 1000, ...slice }, payload);
}

function push(of: Chunk, beatSeq: number): Input<Message, Command> {
  return { type: 'message', from: 'p', message: { type: 'chunk', mode: 'push', chunk: of, beatSeq, depth: 0 } };
}

test('a genuine chunk raises the beat, no further than what is held', (t) => {
  const { feed, node } = attached();
  t.is(node.view().streams[0]?.paths[0]?.via, 'p');
  feed(push(chunk(5), 5));
  t.like(node.view().streams[0]?.paths[0], { seq: 5, depth: 1 });
  feed(push(chunk(6), 2 ** 40));
  t.like(node.view().streams[0]?.paths[0], { seq: 6, depth: 1 });
  feed({
    type: 'message',
    from: 'p',
    message: { type: 'tick', stream: 's', beats: [{ sub: 0, epoch: 1, seq: 2 ** 40, depth: 0, starving: false }] },
  });
  t.is(node.view().streams[0]?.paths[0]?.seq, 6);
});

test('a chunk that fails its signature moves no beat and no window, and costs its sender the connection', (t) => {
  const { feed, node, deeds } = attached();
  feed(push(chunk(5), 5));
  const before = node.view().streams[0];
  const forged: Chunk = { ...chunk(2 ** 40), payload: Uint8Array.of(1, 2, 3) };
  feed(push(forged, 2 ** 40));
  const after = node.view().streams[0];
  t.deepEqual(after?.window, before?.window);
  t.is(after?.paths[0]?.seq, 5);
  t.true(deeds.includes('chunk dropped') && deeds.includes('disconnect p protocol') && deeds.includes('provider lost'));
  t.is(node.view().peers.length, 0);
  feed({ type: 'peer', peer: 'p', change: 'up', why: 'accepted', address: 'sim:p' });
  t.is(node.view().peers.length, 0, 'nor is it let in again');
  t.is(deeds.filter((deed) => deed === 'disconnect p busy').length, 1);
});
