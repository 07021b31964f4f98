import test from 'ava';
import { SECOND } from '../../core/units.js';
import { LoneNode, STREAM } from './lone-node.js';

const DIRECTORY = 'sim:d';

test('a node that leaves takes up no stream any more, and stays out of the directory', (t) => {
  const lone = new LoneNode('leaving', { directory: [{ node: 'd', address: DIRECTORY }] });
  lone.meet('d', DIRECTORY);
  lone.publish();
  lone.meet('c');
  lone.tell('c', { type: 'ask', stream: STREAM, subs: 1, slots: 0, interior: 0, slot: 'fitting', epoch: 1 });
  const offered = lone.sent.flatMap(({ message }) => (message.type === 'offer' ? [message] : []));
  for (const { ticket, generation } of offered)
    lone.tell('c', { type: 'confirm', ticket, generation, from: -1, stamp: lone.now });
  lone.pass(SECOND);
  // Its consumer keeps it for a while, in which an encoder may come back.
  lone.command({ type: 'leave' });
  t.deepEqual(lone.publish(), { ok: false, why: 'left' });
  t.deepEqual(lone.command({ type: 'watch', stream: 'other' }), { ok: false, why: 'left' });
  lone.pass(20 * SECOND);
  t.deepEqual(lone.publish(), { ok: false, why: 'left' });
  lone.pass(20 * SECOND);
  const records = lone.sent.flatMap(({ message }) => (message.type === 'announce' ? [message.record] : []));
  t.true(records.length > 1 && records[0]!.ttl > 0);
  t.is(records.at(-1)?.ttl, 0);
});
