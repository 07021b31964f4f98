import '../tools/fast-check.js';
import { fc, test, testProp } from '@fast-check/ava';
import { DIRECTORY_DEFAULTS, Directory } from '../../core/directory.js';
import { LIMITS } from '../../core/limits.js';
import type { Effects } from '../../core/machine.js';
import type { Message } from '../../core/message.js';
import { admissionPolicies } from '../../core/policies/admission.js';
import { createRng } from '../../core/rng.js';
import { MS, SECOND } from '../../core/units.js';
import { LoneNode } from './lone-node.js';

/** Time in which one more call is paid for. */
const PACE = 500 * MS;
const DIRECTORY = { node: 'd', address: 'sim:d' };

/** A node that says that it can be dialled, and its directory. */
function listed(): LoneNode {
  const node = new LoneNode('reach', { endpoints: ['sim:v'], directory: [DIRECTORY] });
  node.meet('d');
  return node;
}

/** One that has learned that it cannot be dialled. */
function unreachable(): LoneNode {
  const node = listed();
  node.tell('d', { type: 'unreached', seq: 1 });
  return node;
}

function sent(node: LoneNode, type: Message['type']): string[] {
  return node.sent.flatMap(({ to, message }) => (message.type === type ? [`${to} ${JSON.stringify(message)}`] : []));
}

const NOWHERE = '{"type":"reachable-at","address":""}';

test('whom the directory did not find tells its neighbours that it cannot be dialled, and newcomers', (t) => {
  const node = listed();
  node.meet('a');
  node.tell('d', { type: 'unreached', seq: 1 });
  node.tell('d', { type: 'unreached', seq: 2 });
  node.meet('b');
  t.deepEqual(sent(node, 'reachable-at'), [`a ${NOWHERE}`, `b ${NOWHERE}`]);
});

test('whoever was dialled can be dialled, whatever a directory says', (t) => {
  const node = listed();
  node.meet('a');
  node.tell('d', { type: 'unreached', seq: 1 });
  node.handle({ type: 'peer', peer: 'c', change: 'up', why: 'accepted', address: 'sim:c' });
  node.tell('d', { type: 'unreached', seq: 2 });
  node.meet('b');
  t.deepEqual(sent(node, 'reachable-at'), [
    `a ${NOWHERE}`,
    'a {"type":"reachable-at","address":"sim:v"}',
    'c {"type":"reachable-at","address":"sim:v"}',
    'b {"type":"reachable-at","address":"sim:v"}',
  ]);
});

test('nobody but a directory makes a node doubt, and none without an address has anything to tell', (t) => {
  const node = listed();
  node.meet('a');
  node.tell('a', { type: 'unreached', seq: 1 });
  t.deepEqual(sent(node, 'reachable-at'), []);
  const mute = new LoneNode('mute', { directory: [DIRECTORY] });
  mute.meet('d');
  mute.meet('a');
  mute.tell('d', { type: 'unreached', seq: 1 });
  t.deepEqual(sent(mute, 'reachable-at'), []);
});

test('a supernode that cannot be dialled is none any more, and does not become one again', (t) => {
  const node = new LoneNode('reach', { endpoints: ['sim:v'], directory: [DIRECTORY], supernode: 'always' });
  node.meet('d');
  node.pass(SECOND);
  t.is(node.node.view().role, 'supernode');
  node.tell('d', { type: 'unreached', seq: 1 });
  t.is(node.node.view().role, 'ordinary');
  node.pass(20 * SECOND);
  t.is(node.node.view().role, 'ordinary');
});

test('a call is passed on to a neighbour that cannot be dialled, under the address of the session', (t) => {
  const node = listed();
  for (const peer of ['a', 'hidden', 'open']) node.meet(peer);
  node.tell('hidden', { type: 'reachable-at', address: '' });
  for (const target of ['hidden', 'open', 'stranger', 'd']) node.tell('a', { type: 'want-call', node: target });
  t.deepEqual(sent(node, 'call'), ['hidden {"type":"call","contact":{"node":"a","address":"sim:a"}}']);
  node.tell('a', { type: 'reachable-at', address: '' });
  node.tell('a', { type: 'want-call', node: 'hidden' });
  t.is(sent(node, 'call').length, 1, 'two that cannot be dialled do not connect');
  for (let i = 0; i < 3 * LIMITS.calls; i++) node.tell('open', { type: 'want-call', node: 'hidden' });
  t.is(sent(node, 'call').length, 1 + LIMITS.calls);
});

test('only a node that cannot be dialled follows a call, and none to itself or to a neighbour', (t) => {
  const open = listed();
  open.meet('a');
  open.tell('a', { type: 'call', contact: { node: 'x', address: 'sim:x' } });
  t.deepEqual(open.dialled, []);
  const node = unreachable();
  node.meet('a');
  for (const who of ['x', 'a', 'v']) node.tell('a', { type: 'call', contact: { node: who, address: `sim:${who}` } });
  node.tell('a', { type: 'call', contact: { node: null, address: 'sim:y' } });
  node.tell('a', { type: 'call', contact: { node: 'z', address: '' } });
  t.deepEqual(node.dialled, ['sim:x']);
});

testProp(
  'whoever calls, and however often: no more dials than so many at once and one in each pace',
  [fc.array(fc.tuple(fc.nat(2 * SECOND), fc.nat(3)), { minLength: 1, maxLength: 120 })],
  (t, calls) => {
    const node = unreachable();
    const times: number[] = [];
    for (let peer = 0; peer < 4; peer++) node.meet(`p${peer}`);
    for (const [pause, by] of calls) {
      node.now += pause;
      const before = node.dialled.length;
      const who = `x${times.length}`;
      node.tell(`p${by}`, { type: 'call', contact: { node: who, address: `sim:${who}` } });
      if (node.dialled.includes(`sim:${who}`) && node.dialled.length > before) times.push(node.now);
    }
    t.true(times.length > 0);
    for (const [first, from] of times.entries()) {
      for (const [count, to] of times.slice(first).entries())
        t.true(count + 1 <= LIMITS.calls + (to - from) / PACE, `${count + 1} dials within ${to - from} us`);
    }
  },
);

const slot = fc.record({ rank: fc.nat(9), reachable: fc.boolean() });

testProp(
  'in need, and then only, a consumer that nobody can dial takes the place of a leaf that somebody can',
  [fc.array(slot, { maxLength: 8 }), fc.nat(9), fc.boolean(), fc.boolean()],
  (t, consumers, rank, reachable, urgent) => {
    const ranks = consumers.map((each) => each.rank);
    const reachables = consumers.map((each) => each.reachable);
    const full = { sub: 0, slots: 8, free: 0, taken: consumers.length, interior: 1, interiorCount: 1 };
    const admission = admissionPolicies.get('interior-first');
    const verdict = admission({ ...full, rank, urgent, ranks, reachable, reachables });
    const stronger = admission({ ...full, rank, urgent, ranks, reachable: true, reachables });
    const leaf = consumers.some((each) => each.rank === 0 && each.reachable);
    if (stronger !== 'full' || reachable || !urgent || !leaf) t.is(verdict, stronger);
    else t.like(consumers[Number(verdict)], { rank: 0, reachable: true });
  },
);

test('a directory tells a node whether it was found, and lists it only then', (t) => {
  const told: Message[] = [];
  const effects: Effects<Message> = {
    send: (_to, message) => void told.push(message),
    connect: () => {},
    disconnect: () => {},
    play: () => {},
    reply: () => {},
    persist: () => {},
    trace: null,
  };
  const met = new Set<string>();
  const announcer = listed();
  const vouch = (who: string): boolean => met.has(who);
  const directory = new Directory(DIRECTORY_DEFAULTS, createRng('directory'), announcer.crypto, vouch);
  const announce = (): Message['type'] | undefined => {
    announcer.pass(11 * SECOND);
    const record = announcer.sent.findLast(({ message }) => message.type === 'announce');
    if (record === undefined) return undefined;
    directory.handle(announcer.now, { type: 'message', from: 'v', message: record.message }, effects);
    return told.at(-1)?.type;
  };
  t.is(announce(), 'unreached');
  met.add('v');
  t.is(announce(), 'announced');
});
