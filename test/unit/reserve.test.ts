import test from 'ava';
import type { Ask } from '../../core/message.js';
import { LoneNode, STREAM } from './lone-node.js';

test('the last of the uplink is kept for those who ask for what is held back', (t) => {
  // The uplink carries four slots, one of which is held back.
  const node = new LoneNode('reserve', { uplink: 1_000_000 });
  node.publish(200_000);
  const ask = (peer: string, slot: Ask['slot']): unknown => {
    node.meet(peer);
    node.tell(peer, { type: 'ask', stream: STREAM, subs: 1, slots: 0, interior: 0, slot, epoch: 1 });
    return node.sent.findLast(({ to }) => to === peer)?.message.type;
  };
  for (const peer of ['a', 'b', 'c']) t.is(ask(peer, 'any'), 'offer', peer);
  t.is(ask('d', 'fitting'), 'refuse');
  t.is(ask('e', 'any'), 'refuse');
  t.is(ask('f', 'reserved'), 'offer');
  t.is(ask('g', 'reserved'), 'refuse');
});
