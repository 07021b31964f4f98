import '../tools/fast-check.js';
import { fc, test, testProp } from '@fast-check/ava';
import type { Chunk } from '../../core/chunk.js';
import type { Message } from '../../core/message.js';
import { MS, SECOND } from '../../core/units.js';
import { decode, encode } from '../../core/wire/codec.js';
import { COUNT_MAX } from '../../core/wire/reader.js';
import { LoneNode, STREAM } from '../unit/lone-node.js';
import { message, ticketMessage } from './wire-messages.js';

const PEERS = ['a', 'b', 'c', 'd'] as const;
const GIGABIT = 1e9;

/** What all of a case shares, so that messages fit each other often enough to be acted upon. */
interface World {
  readonly lone: LoneNode;
  readonly epoch: number;
  readonly substreams: number;
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;

/** The same message about the one stream, with ids of neighbours in it, signed where that is needed. */
function near({ lone, epoch, substreams }: World, told: Message): Message {
  const walk = (value: unknown, key: string): unknown => {
    if (key === 'stream') return STREAM;
    if (key === 'node' && typeof value === 'string') return PEERS[value.length % PEERS.length];
    if (key === 'sub') return (value as number) % substreams;
    if (key === 'epoch') return epoch;
    if (key === 'stamp') return Math.max(0, lone.now - (value as number));
    if (key === 'ticket') return (value as number) % 8;
    if (key === 'generation') return 0;
    if (key === 'depth') return (value as number) % 20;
    if (Array.isArray(value)) return value.map((each) => walk(each, ''));
    if (typeof value !== 'object' || value === null || isBytes(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(each, name)]));
  };
  const moved = walk(told, '') as Message;
  if (moved.type === 'manifest')
    return { ...moved, manifest: lone.manifest({ ...moved.manifest, publicKey: lone.key }) };
  if (moved.type !== 'chunk') return moved;
  const { seq, sourceTime } = moved.chunk;
  const chunk: Chunk = lone.chunk(seq, sourceTime, epoch);
  return { ...moved, chunk };
}

const told = fc.record({
  from: fc.constantFrom(...PEERS),
  message: fc.oneof(message, ticketMessage, ticketMessage),
  near: fc.nat(9).map((draw) => draw > 0),
  pause: fc.oneof(fc.constant(0), fc.nat(100 * MS), fc.nat(300 * MS), fc.nat(4 * SECOND)),
});

/** Throws when a neighbour would take what was sent for a fault, and end the connection. */
function demandDecodable(lone: LoneNode): void {
  for (const { message: sent } of lone.sent.splice(0)) {
    const result = decode(encode(sent));
    if (!result.ok) throw new Error(`${sent.type} is refused: ${result.why}`);
  }
}

testProp(
  'a node that is told anything that can be decoded never throws, and all that it says can be decoded',
  [
    fc.record({
      watches: fc.boolean(),
      supernode: fc.constantFrom('auto' as const, 'always' as const),
      uplink: fc.constantFrom(2e6, 10 * GIGABIT),
      substreams: fc.integer({ min: 1, max: 31 }),
      bitrate: fc.constantFrom(1, 500_000, Number.MAX_SAFE_INTEGER),
      epoch: fc.constantFrom(1, COUNT_MAX),
    }),
    fc.array(told, { minLength: 5, maxLength: 60 }),
  ],
  (t, { watches, supernode, uplink, substreams, bitrate, epoch }, steps) => {
    const config = { acceptSeeds: true, supernode, uplink, endpoints: ['sim:v'] };
    const lone = new LoneNode('told', { ...config, directory: [{ node: 'd', address: 'sim:d' }] });
    const world: World = { lone, epoch, substreams };
    for (const peer of PEERS) lone.meet(peer);
    if (watches) lone.command({ type: 'watch', stream: STREAM });
    lone.tell('a', { type: 'seed', stream: STREAM });
    lone.tell('a', { type: 'manifest', manifest: lone.manifest({ epoch, substreams, bitrate }) });
    for (const step of steps) {
      lone.tell(step.from, step.near ? near(world, step.message) : step.message);
      lone.pass(step.pause);
      demandDecodable(lone);
    }
    lone.pass(5 * SECOND);
    demandDecodable(lone);
    t.pass();
  },
);

test('a manifest that no publisher of this version signs is refused', (t) => {
  const lone = new LoneNode('manifest');
  const frame = (more: object): ReturnType<typeof decode> =>
    decode(encode({ type: 'manifest', manifest: { ...lone.manifest(), ...more } }));
  t.true(frame({ substreams: 31, bitrate: 1 }).ok);
  t.throws(() => frame({ substreams: 32 }), { name: 'AssertionError' });
  t.deepEqual(frame({ bitrate: 0 }), { ok: false, why: 'value' });
  for (const bitrate of [0, 0.5, 1e300]) t.deepEqual(lone.publish(bitrate), { ok: false, why: 'invalid' });
  t.like(lone.publish(1), { ok: true });
});
