import test from 'ava';
import type { Chunk } from '../../core/chunk.js';
import type { Input } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import { attached, chunk } from './attached-node.js';

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

test('who sends chunks that nobody asked for does not make the provider look bad', (t) => {
  const { feed, sent } = attached();
  feed({ type: 'peer', peer: 'q', change: 'up', why: 'accepted', address: 'sim:q' });
  for (let seq = 5; seq < 45; seq++) {
    const at = 1_500_000 + seq * 100_000;
    const message = {
      type: 'chunk',
      mode: seq % 2 === 0 ? 'push' : 'pull',
      chunk: chunk(seq),
      beatSeq: seq,
      depth: 0,
    } as const;
    feed({ type: 'message', from: 'q', message }, at);
    const beats = [{ sub: 0, epoch: 1, seq, depth: 0, starving: false }];
    feed({ type: 'message', from: 'p', message: { type: 'tick', stream: 's', beats } }, at + 10_000);
  }
  sent.length = 0;
  for (let at = 6_100_000; at < 7_500_000; at += 100_000) {
    feed({ type: 'message', from: 'p', message: { type: 'tick', stream: 's', beats: [] } }, at);
  }
  t.deepEqual(
    sent.filter((type) => type === 'find' || type === 'ask'),
    [],
    'the node looks for nobody else',
  );
});
