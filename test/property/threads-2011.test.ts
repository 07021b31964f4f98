import { fc, testProp } from '@fast-check/ava';
import type { Effects } from '../../core/machine.js';
import { SECOND, type NodeId, type Time } from '../../core/units.js';
import type { Message, Response } from '../../experiments/rivals/astral-2011/messages.js';
import { ask, Threads, type Thread } from '../../experiments/rivals/astral-2011/threads.js';

const PATIENCE = 3 * SECOND;
const PEERS: readonly NodeId[] = ['a', 'b', 'me'];

const EVENT = fc.record({
  what: fc.constantFrom('ask', 'up', 'down', 'answer', 'wait'),
  peer: fc.constantFrom(...PEERS),
  /** Which of the requests that were sent is answered, and how long nothing happens. */
  pick: fc.nat(20),
  span: fc.integer({ min: 0, max: 2 * SECOND }),
});

testProp(
  'each thread that asks goes on once: with the answer of whom it asked, or with none after 3 s or when the way is closed',
  [fc.array(EVENT, { maxLength: 60 })],
  (t, events) => {
    const threads = new Threads('me');
    const sent: { readonly to: NodeId; readonly id: number }[] = [];
    const asked: { readonly at: Time; readonly ends: (Response | null)[] }[] = [];
    let now: Time = 0;
    const fx = {
      send: (to: NodeId, message: Message) => {
        t.true(threads.connected.has(to), 'only over a connection that stands');
        if (message.type === 'request') sent.push({ to, id: message.id });
      },
      connect: () => {},
    } as unknown as Effects<Message>;
    function* asks(to: NodeId): Thread {
      const each: (typeof asked)[number] = { at: now, ends: [] };
      asked.push(each);
      each.ends.push(yield* ask({ node: to, address: to }, { call: 'list-nodes' }));
    }
    for (const { what, peer, pick, span } of events) {
      if (what === 'ask') threads.start(now, asks(peer), fx);
      else if (what === 'up' && peer !== 'me') threads.up(peer, fx);
      else if (what === 'down') threads.down(now, peer, fx);
      else if (what === 'answer' && sent.length > 0) {
        const { to, id } = sent[pick % sent.length]!;
        const ended = (): number => asked.reduce((sum, { ends }) => sum + ends.length, 0);
        const before = ended();
        threads.answered(now, peer, id, { status: 200 }, fx);
        t.true(peer === to || ended() === before, 'nobody answers for another one');
      } else if (what === 'wait') {
        now += span;
        threads.wake(now, fx);
      }
      for (const { at, ends } of asked) {
        t.true(ends.length <= 1);
        t.true(ends.length === 1 || now < at + PATIENCE);
      }
    }
    now += PATIENCE;
    threads.wake(now, fx);
    t.true(asked.every(({ ends }) => ends.length === 1));
    t.is(threads.due, Infinity);
    t.is(sent.length, new Set(sent.map(({ id }) => id)).size, 'each request is sent once');
    t.false(sent.some(({ to }) => to === 'me'));
  },
);
