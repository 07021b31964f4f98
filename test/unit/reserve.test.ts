import test from 'ava';
import { DEFAULTS } from '../../core/config.js';
import type { Effects } from '../../core/machine.js';
import type { Ask, Message } from '../../core/message.js';
import { AstralNode } from '../../core/node.js';
import { createRng } from '../../core/rng.js';
import { MS } from '../../core/units.js';
import { createSimCrypto } from '../../sim/crypto.js';

/** A publisher whose uplink carries four slots of half a stream, one of which it holds back. */
function publisher(): (peer: string, slot: Ask['slot']) => Message['type'][] {
  const crypto = createSimCrypto(createRng('reserve'));
  const key = crypto.keyPair('film');
  let answers: Message['type'][] = [];
  const effects: Effects<Message> = {
    send: (_to, message) => void answers.push(message.type),
    connect: () => {},
    disconnect: () => {},
    play: () => {},
    reply: () => {},
    persist: () => {},
    trace: null,
  };
  const identity = { id: 'p', key: crypto.keyPair('p'), durable: null };
  const node = new AstralNode(identity, { ...DEFAULTS, uplink: 1_000_000 }, createRng('p'), crypto);
  let now = 0;
  const stream = { key, name: 'Film', description: '', epochFloor: 1, mime: 'video/mp4', init: new Uint8Array(8) };
  const command = {
    type: 'publish',
    ...stream,
    substreams: 2,
    chunkTime: 100 * MS,
    bitrate: 400_000,
  } as const;
  node.handle((now += MS), { type: 'command', id: 1, command }, effects);
  return (peer, slot) => {
    const up = { type: 'peer', peer, change: 'up', why: 'accepted', address: `sim:${peer}` } as const;
    node.handle((now += MS), up, effects);
    answers = [];
    const message: Ask = { type: 'ask', stream: 'film', subs: 1, slots: 0, interior: 0, slot, epoch: 1 };
    node.handle((now += MS), { type: 'message', from: peer, message }, effects);
    return answers.filter((type) => type === 'offer' || type === 'refuse');
  };
}

test('the last of the uplink is kept for those who ask for what is held back', (t) => {
  const ask = publisher();
  for (const peer of ['a', 'b', 'c']) t.deepEqual(ask(peer, 'any'), ['offer'], peer);
  t.deepEqual(ask('d', 'fitting'), ['refuse']);
  t.deepEqual(ask('e', 'any'), ['refuse']);
  t.deepEqual(ask('f', 'reserved'), ['offer']);
  t.deepEqual(ask('g', 'reserved'), ['refuse']);
});
