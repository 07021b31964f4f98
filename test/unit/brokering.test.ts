import test from 'ava';
import { DEFAULTS } from '../../core/config.js';
import type { Effects } from '../../core/machine.js';
import type { Candidate, Message } from '../../core/message.js';
import { AstralNode } from '../../core/node.js';
import { createRng } from '../../core/rng.js';
import { SECOND, type NodeId, type Time } from '../../core/units.js';
import { createSimCrypto } from '../../sim/crypto.js';

type Sent = readonly [NodeId, Message];

/** One real node, driven by hand. */
class Driven {
  readonly node: AstralNode;
  readonly sent: Sent[] = [];
  now: Time = 0;
  readonly #effects: Effects<Message> = {
    send: (to, message) => void this.sent.push([to, message]),
    connect: () => {},
    disconnect: () => {},
    play: () => {},
    reply: () => {},
    persist: () => {},
    trace: null,
  };

  constructor(supernode: 'always' | 'never') {
    const rng = createRng('brokering');
    const crypto = createSimCrypto(rng);
    const config = { ...DEFAULTS, supernode, endpoints: ['sim:s'], maxChildren: 2 };
    this.node = new AstralNode({ id: 's', key: crypto.keyPair('s'), durable: null }, config, rng, crypto);
    this.wake();
  }

  wake(): void {
    this.node.handle(this.now, { type: 'wake' }, this.#effects);
  }

  up(peer: NodeId): void {
    const input = { type: 'peer', peer, change: 'up', why: 'accepted', address: `sim:${peer}` } as const;
    this.node.handle(this.now, input, this.#effects);
  }

  /** Hands a message in and returns what is sent on it. */
  tell(from: NodeId, message: Message): Sent[] {
    this.sent.length = 0;
    this.node.handle(this.now, { type: 'message', from, message }, this.#effects);
    return [...this.sent];
  }

  register(from: NodeId, free: number): Message | undefined {
    const loads = [{ stream: 'film', free, interior: 1, depth: 2, at: null }];
    return this.tell(from, { type: 'register', stamp: 0, loads })[0]?.[1];
  }

  find(from: NodeId, stream = 'film'): readonly Candidate[] {
    const [answer, ...more] = this.tell(from, { type: 'find', stream, subs: 1, count: 4 });
    if (answer?.[0] !== from || answer[1].type !== 'contacts' || more.length > 0) throw new Error('no answer');
    return answer[1].candidates;
  }
}

test('a supernode names a child with room at once, and debits the slot for a moment', (t) => {
  const s = new Driven('always');
  for (const peer of ['rich', 'asker', 'other']) s.up(peer);
  t.like(s.register('rich', 1), { type: 'registered', verdict: 'accepted' });
  const free = (from: NodeId): number | undefined => s.find(from)[0]?.load?.free;
  t.deepEqual(s.find('asker')[0]?.contact, { node: 'rich', address: 'sim:rich' });
  t.is(free('other'), 0, 'the only slot has been named to another');
  s.now += 3 * SECOND;
  s.wake();
  t.is(free('other'), 1, 'who did not take it has lost it');
  t.deepEqual(s.find('rich'), [], 'nobody is referred to itself');
});

test('children are bounded, leave, and are dropped when they fall silent', (t) => {
  const s = new Driven('always');
  for (const peer of ['a', 'b', 'c']) s.up(peer);
  t.like(s.register('a', 1), { verdict: 'accepted', place: 0 });
  t.like(s.register('b', 5), { verdict: 'accepted', place: 0 });
  t.like(s.register('a', 1), { verdict: 'accepted', place: 1 }, 'the stronger child comes first');
  t.like(s.register('c', 9), { verdict: 'full' });
  t.deepEqual(s.tell('b', { type: 'deregister' }), []);
  t.like(s.register('c', 9), { verdict: 'accepted' });
  s.now += 20 * SECOND;
  s.wake();
  t.deepEqual(s.node.view().children, []);
});

test('who is no supernode says so and takes nobody', (t) => {
  const s = new Driven('never');
  s.up('a');
  t.like(s.register('a', 1), { type: 'registered', verdict: 'ordinary' });
  t.deepEqual(s.find('a'), []);
  t.like(s.tell('a', { type: 'want-supernodes', stamp: 7 })[0]?.[1], {
    type: 'supernodes',
    stamp: 7,
    supernode: false,
  });
  t.like(s.tell('a', { type: 'gossip', room: 1, children: 0, entries: [], streams: [] })[0]?.[1], {
    verdict: 'ordinary',
  });
  t.is(s.node.view().role, 'ordinary');
});

test('a stream that only another supernode has children in is found through gossip, until the news are old', (t) => {
  const s = new Driven('always');
  for (const peer of ['far', 'asker']) s.up(peer);
  s.wake();
  const holder: Candidate = { contact: { node: 'h', address: 'sim:h' }, load: null };
  const news = [{ stream: 'abroad', age: SECOND, candidates: [holder] }];
  s.tell('far', { type: 'gossip', room: 5, children: 3, entries: [], streams: news });
  t.deepEqual(s.find('asker', 'abroad'), [holder]);
  t.deepEqual(s.node.view().supernodes, ['far']);
  s.now += 30 * SECOND;
  s.wake();
  t.deepEqual(s.find('asker', 'abroad'), []);
  t.deepEqual(s.node.view().supernodes, []);
});
