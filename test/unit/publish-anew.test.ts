import test from 'ava';
import { DEFAULTS } from '../../core/config.js';
import type { CommandResult, Effects } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import { AstralNode } from '../../core/node.js';
import { createRng } from '../../core/rng.js';
import { MS, SECOND } from '../../core/units.js';
import { createSimCrypto } from '../../sim/crypto.js';

const crypto = createSimCrypto(createRng('anew'));
const key = crypto.keyPair('film');

function publish(mime: string): Command {
  const media = { mime, init: new Uint8Array(8), substreams: 2, chunkTime: 100 * MS, bitrate: 400_000 };
  return { type: 'publish', key, name: 'Film', description: '', epochFloor: 10, ...media };
}

const media: Command = { type: 'media', stream: 'film', keyframe: true, payload: new Uint8Array(500), size: 500 };

test('a stream that is published anew keeps its tickets, and tells of the epoch before its first chunk', (t) => {
  const sent: Message[] = [];
  const results: CommandResult[] = [];
  const effects: Effects<Message> = {
    send: (to, message) => {
      if (to === 'viewer') sent.push(message);
    },
    connect: () => {},
    disconnect: () => {},
    play: () => {},
    reply: (_id, result) => void results.push(result),
    persist: () => {},
    trace: null,
  };
  const node = new AstralNode({ id: 'p', key: crypto.keyPair('p'), durable: null }, DEFAULTS, createRng('p'), crypto);
  let now = 0;
  const command = (each: Command): void => node.handle((now += MS), { type: 'command', id: 1, command: each }, effects);
  const tell = (message: Message): void =>
    node.handle((now += MS), { type: 'message', from: 'viewer', message }, effects);
  const tickets = (): unknown[] =>
    node.view().streams.flatMap(({ tickets }) => tickets.map(({ ticket, sub, state }) => ({ ticket, sub, state })));

  command(publish('video/mp4; codecs="avc1"'));
  node.handle(now, { type: 'peer', peer: 'viewer', change: 'up', why: 'accepted', address: 'sim:viewer' }, effects);
  tell({ type: 'ask', stream: 'film', subs: 3, slots: 0, interior: 0, slot: 'fitting', epoch: 11 });
  for (const offer of sent.filter((message) => message.type === 'offer'))
    tell({ type: 'confirm', ticket: offer.ticket, generation: offer.generation, from: -1, stamp: now });
  const before = tickets();
  t.is(before.length, 2);
  for (let n = 0; n < 4; n += 1) command(media);
  now += SECOND / 10;
  node.handle(now, { type: 'wake' }, effects);
  t.true(sent.some((message) => message.type === 'chunk' && message.chunk.epoch === 11));

  sent.length = 0;
  command(publish('video/mp4; codecs="av01"'));
  for (let n = 0; n < 4; n += 1) command(media);
  now += SECOND / 10;
  node.handle(now, { type: 'wake' }, effects);
  const told = sent.findIndex((message) => message.type === 'manifest');
  const first = sent.findIndex((message) => message.type === 'chunk');
  t.like(sent[told], { manifest: { epoch: 12, mime: 'video/mp4; codecs="av01"' } });
  t.true(first > told, `chunk ${first}, manifest ${told}`);
  const chunks = sent.flatMap((message) => (message.type === 'chunk' ? [message.chunk] : []));
  t.true(chunks.every(({ epoch }) => epoch === 12) && chunks.some(({ fragment }) => fragment === 0));
  t.deepEqual(tickets(), before);
  t.true(results.every(({ ok }) => ok));
});
