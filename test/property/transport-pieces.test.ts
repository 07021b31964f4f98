import { BlockList } from 'node:net';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { LIMITS } from '../../core/limits.js';
import { countedAs } from '../../transports/counted-as.js';
import { Flow, WINDOW_BYTES } from '../../transports/flow.js';
import { acknowledgement, LANE_BYTES, type Lane, PieceQueue, Reassembler } from '../../transports/pieces.js';

interface Sent {
  readonly lane: Lane;
  readonly size: number;
}

const messages = fc.array(
  fc.record({ lane: fc.constantFrom<Lane>('control', 'media'), size: fc.integer({ min: 1, max: 40_000 }) }),
  { maxLength: 20 },
);

/** Bytes that tell both the message and the place in it. */
function body(index: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => (index * 31 + at * 7 + (at >> 8)) & 0xff);
}

function fits(message: Sent): Sent {
  return { lane: message.lane, size: Math.min(message.size, LANE_BYTES[message.lane]) };
}

testProp(
  'any interleaving puts the same messages together again, in order within each lane',
  [messages, fc.integer({ min: 8, max: LIMITS.pieceBytes }), fc.infiniteStream(fc.nat(5))],
  (t, drawn, pieceBytes, choices) => {
    const queue = new PieceQueue(pieceBytes);
    const reassembler = new Reassembler();
    const sent: Record<Lane, Uint8Array[]> = { control: [], media: [] };
    const received: Record<Lane, Uint8Array[]> = { control: [], media: [] };
    const waiting = drawn.map(fits);
    let pushed = 0;
    for (;;) {
      const message = waiting[pushed];
      const choice = choices.next().value;
      if (message !== undefined && (choice === 0 || queue.bytes === 0)) {
        const bytes = body(pushed++, message.size);
        queue.push(message.lane, bytes);
        sent[message.lane].push(bytes);
        continue;
      }
      const piece = queue.next(true);
      if (piece === null) break;
      t.true(piece.length <= pieceBytes);
      const taken = reassembler.take(piece);
      t.not(taken.type, 'violation');
      t.true(reassembler.held <= LIMITS.messageBytes + LIMITS.controlBytes);
      if (taken.type === 'message') received[taken.lane].push(taken.bytes);
    }
    t.is(queue.bytes, 0);
    t.deepEqual(received, sent);
  },
  { numRuns: 150 },
);

testProp(
  'control never waits for media',
  [fc.integer({ min: 1, max: LIMITS.messageBytes }), fc.integer({ min: 0, max: 10 })],
  (t, mediaBytes, before) => {
    const queue = new PieceQueue();
    queue.push('media', new Uint8Array(mediaBytes));
    for (let piece = 0; piece < before; piece++) queue.next(true);
    queue.push('control', Uint8Array.of(1, 2, 3));
    t.deepEqual(queue.next(true), Uint8Array.of(1, 3, 1, 2, 3));
  },
);

testProp(
  'garbage never throws and never makes more room than came in, twice over',
  [
    fc.array(fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.tuple(fc.nat(6), fc.uint8Array({ maxLength: 400 }))), {
      maxLength: 60,
    }),
  ],
  (t, drawn) => {
    const reassembler = new Reassembler();
    let fed = 0;
    for (const item of drawn) {
      const piece = item instanceof Uint8Array ? item : Uint8Array.of(item[0], ...item[1]);
      fed += piece.length;
      const taken = reassembler.take(piece);
      if (taken.type === 'message') t.true(taken.bytes.length > 0 && taken.bytes.length <= LANE_BYTES[taken.lane]);
      t.true(reassembler.held <= 2 * fed);
    }
    t.true(reassembler.held <= LIMITS.messageBytes + LIMITS.controlBytes);
  },
  { numRuns: 500 },
);

test('a piece out of order, too long, too much or empty is a violation', (t) => {
  const violations: [string, readonly (readonly number[])[]][] = [
    ['empty', [[]]],
    ['empty', [[1, 4]]],
    ['empty', [[1, 4, 9], [0]]],
    ['head', [[6, 0]]],
    ['order', [[5], [1, 1, 9]]],
    ['order', [[5], [5]]],
    ['order', [[3, 2, 9], [5]]],
    ['length', [[5, 0]]],
    ['head', [[255]]],
    ['order', [[0, 1]]],
    [
      'order',
      [
        [1, 4, 9],
        [1, 4, 9],
      ],
    ],
    ['overrun', [[1, 2, 9, 9, 9]]],
    [
      'overrun',
      [
        [3, 2, 9],
        [2, 9, 9],
      ],
    ],
    ['length', [[1, 0, 9]]],
    ['length', [[1, 0x81, 0x80, 0x01, 9]]],
    ['length', [[1, 0x81, 0x00, 9]]],
    ['length', [[3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 9]]],
    ['length', [[4]]],
    ['length', [[4, 1, 1]]],
  ];
  for (const [why, pieces] of violations) {
    const reassembler = new Reassembler();
    const last = pieces.map((piece) => reassembler.take(Uint8Array.from(piece))).at(-1);
    t.deepEqual(last, { type: 'violation', why }, JSON.stringify(pieces));
  }
  t.throws(() => new PieceQueue().push('control', new Uint8Array(LIMITS.controlBytes + 1)), { instanceOf: RangeError });
  t.throws(() => new PieceQueue().push('media', new Uint8Array(0)), { instanceOf: RangeError });
});

testProp('an acknowledgement carries any count', [fc.maxSafeNat()], (t, received) => {
  t.deepEqual(new Reassembler().take(acknowledgement(received)), { type: 'acknowledged', received });
});

test('a window keeps room for control, believes no lie about what was taken, and measures stalls', (t) => {
  const flow = new Flow(0);
  let control = 0;
  let media = 0;
  while (flow.admits('media', flow.underWay(0, 1))) {
    flow.sent(LIMITS.pieceBytes, 1);
    media += LIMITS.pieceBytes;
  }
  while (flow.admits('control', flow.underWay(0, 1))) {
    flow.sent(LIMITS.pieceBytes, 1);
    control += LIMITS.pieceBytes;
  }
  t.true(control > 0);
  t.is(media + control, WINDOW_BYTES);
  t.is(flow.stalledFor(0, 3001), 3000);
  t.false(flow.acknowledged(WINDOW_BYTES + 1), 'more than was sent');
  t.true(flow.acknowledged(WINDOW_BYTES));
  t.is(flow.stalledFor(WINDOW_BYTES, 4001), 4000, 'the transport still holds it all');
  t.is(flow.stalledFor(WINDOW_BYTES / 2, 4002), 0, 'half of it left');
  t.is(flow.underWay(0, 4003), 0);
  t.false(flow.acknowledged(1), 'less than before');
});

testProp(
  'two IPv6 addresses are counted as one exactly when their first 64 bits are the same',
  [fc.ipV6(), fc.ipV6(), fc.boolean(), fc.nat(0xffff)],
  (t, one, drawn, alike, last) => {
    // Two that are drawn hardly ever have 64 bits in common; a cut behind the fourth group of a full one does.
    const full = one.includes('::') || one.includes('.') ? '2001:db8:0:7:1:2:3:4' : one;
    const first = alike ? full : one;
    const other = alike ? `${full.split(':').slice(0, 4).join(':')}::${last.toString(16)}` : drawn;
    const net = new BlockList();
    net.addSubnet(first, 64, 'ipv6');
    t.is(countedAs(first) === countedAs(other), net.check(other, 'ipv6'), `${first} ${other}`);
  },
);

test('an IPv4 address is counted by itself, however it is written, and so is what is no address', (t) => {
  t.is(countedAs('192.0.2.7'), '192.0.2.7');
  t.is(countedAs('::ffff:192.0.2.7'), '192.0.2.7');
  t.not(countedAs('::ffff:192.0.2.7'), countedAs('::ffff:192.0.2.8'));
  t.is(countedAs('fe80::1%eth0'), countedAs('fe80::2'));
  t.is(countedAs('unknown'), 'unknown');
});
