import { fc, test, testProp } from '@fast-check/ava';
import { LIMITS } from '../../core/limits.js';
import type { Message } from '../../core/message.js';
import { isPackable, pack, toBase32 } from '../../core/wire/base32.js';
import { carriesChunk, decode, encode, encodedBytes } from '../../core/wire/codec.js';
import { writeHeader } from '../../core/wire/header.js';
import { CODECS } from '../../core/wire/messages.js';
import { COUNT_MAX, Reader } from '../../core/wire/reader.js';
import { readUtf8, utf8Bytes, writeUtf8 } from '../../core/wire/utf8.js';
import { varintBytes, Writer } from '../../core/wire/writer.js';
import { FRAMES } from './wire-golden.js';
import { message, realMessage } from './wire-messages.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const unhex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));

/** What becomes of a frame. */
function why(frame: string): string {
  const result = decode(unhex(frame));
  return result.ok ? 'ok' : result.why;
}

/** Refused, or the one and only encoding of what it decodes to. */
function refusedOrCanonical(bytes: Uint8Array): boolean {
  const result = decode(bytes);
  return !result.ok || hex(encode(result.message)) === hex(bytes);
}

test('the frames of version 1 stay what they are', (t) => {
  t.deepEqual(Object.keys(FRAMES).sort(), Object.keys(CODECS).sort());
  for (const [type, golden] of Object.entries(FRAMES)) {
    t.is(hex(encode(golden.message)), golden.frame.replaceAll(/\s/g, ''), type);
    t.deepEqual(decode(unhex(golden.frame)), { ok: true, message: golden.message }, type);
    t.is(carriesChunk(golden.message), type === 'chunk');
  }
});

test('tags are distinct', (t) => {
  const tags = Object.values(CODECS).map((codec) => codec.tag);
  t.is(new Set(tags).size, tags.length);
  t.true(tags.every((tag) => tag > 0 && tag < 256));
});

testProp('every message survives the wire', [message], (t, sent) => {
  t.deepEqual(decode(encode(sent)), { ok: true, message: sent });
});

testProp('encodedBytes is the length of the frame for real ids', [realMessage], (t, sent) => {
  t.is(encodedBytes(sent), encode(sent).length);
});

testProp('a short label is charged as a real id, a token as the media it stands for', [realMessage], (t, sent) => {
  const relabelled = relabel(sent);
  t.is(encodedBytes(relabelled), encodedBytes(sent));
  if (sent.type !== 'chunk') return;
  const token = { ...sent, chunk: { ...sent.chunk, payload: new Uint8Array(1), size: 50_000 } };
  t.is(encodedBytes(token), encodedBytes(sent) + 50_000 - sent.chunk.size);
  t.throws(() => encode(token), { name: 'AssertionError' });
});

testProp('every truncation is refused', [message], (t, sent) => {
  const frame = encode(sent);
  for (let length = 0; length < frame.length; length++) {
    const result = decode(frame.subarray(0, length));
    if (result.ok) t.fail(`accepted ${length} of ${frame.length} bytes`);
  }
  t.pass();
});

testProp('every single bit flip is refused or is another canonical message', [message], (t, sent) => {
  const frame = encode(sent);
  for (let bit = 0; bit < frame.length * 8; bit++) {
    const flipped = frame.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    if (!refusedOrCanonical(flipped)) t.fail(`bit ${bit} of ${hex(frame)}`);
  }
  t.pass();
});

testProp('trailing bytes are refused', [message, fc.uint8Array({ minLength: 1, maxLength: 9 })], (t, sent, more) => {
  const frame = encode(sent);
  const longer = new Uint8Array([...frame, ...more]);
  t.false(decode(longer).ok);
});

const tag = fc.integer({ min: 0, max: 24 });
testProp(
  'arbitrary bytes are refused or canonical, and never throw',
  [tag, fc.uint8Array({ maxLength: 400 })],
  (t, number, body) => {
    t.true(refusedOrCanonical(new Uint8Array([1, number, ...body])));
    t.true(refusedOrCanonical(body));
  },
  { numRuns: 2_000 },
);

test('counts and lengths are refused before anything is allocated for them', (t) => {
  const huge = 'ffffffffffffff0f';
  const stream = `0273 31`;
  const cases: Record<string, string> = {
    'contacts of 2^53-1': `01 04 ${stream} ${huge}`,
    'ticks of 33 beats': `01 0e ${stream} 21`,
    'seqs of 33': `01 10 ${stream} 00 21`,
    'tickets of 257': `01 0b 00 8102`,
    'an address of 257 bytes': `01 04 ${stream} 01 00 8102`,
    'an id of 65 characters': `01 05 41 ${'61'.repeat(65)}`,
  };
  for (const [name, frame] of Object.entries(cases))
    t.deepEqual(decode(unhex(frame)), { ok: false, why: 'limit' }, name);
  // A count within its bound but beyond the bytes that are there ends before the first element.
  t.deepEqual(decode(unhex(`01 0b 00 8002`)), { ok: false, why: 'truncated' });
  t.deepEqual(decode(new Uint8Array(LIMITS.messageBytes + 1).fill(1)), { ok: false, why: 'limit' });
  const control = new Uint8Array(LIMITS.controlBytes + 1).fill(1);
  t.deepEqual(decode(control), { ok: false, why: 'limit' });
});

/** Values of any depth in a decoded message; bytes count once, since they are views of the frame. */
function parts(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 1;
  return Object.values(value).reduce((sum: number, part) => sum + parts(part), 1);
}

testProp('a message has no more parts than a small multiple of its frame', [message], (t, sent) => {
  const frame = encode(sent);
  const result = decode(frame);
  t.true(result.ok && parts(result.message) <= 2 * frame.length + 20);
});

test('what may be counted on from stays far from where numbers end', (t) => {
  const most = `80808080808080 08`;
  const more = `81808080808080 08`;
  t.not(why(`01 11 02 73 31 00 01 ${most}`), 'limit');
  t.is(why(`01 11 02 73 31 00 01 ${more}`), 'limit');
});

test('of the highest epoch and sequence number that are taken, a node may tell the next', (t) => {
  const epoch = `feffffffffffff 07`;
  const seq = `ffffffffffffff 07`;
  const most = `80808080808080 08`;
  const taken = decode(unhex(`01 0e 02 73 31 01 00 ${epoch} ${seq} 00`));
  if (!taken.ok || taken.message.type !== 'tick') throw new Error('refused');
  t.like(taken.message.beats[0], { epoch: COUNT_MAX, seq: COUNT_MAX });
  t.is(why(`01 0e 02 73 31 01 00 ${seq} ${seq} 00`), 'limit');
  t.is(why(`01 0e 02 73 31 01 00 ${epoch} ${most} 00`), 'limit');
  const next = { type: 'confirm', ticket: 1, generation: 1, from: COUNT_MAX + 1, stamp: 0 } as const;
  t.deepEqual(decode(encode(next)), { ok: true, message: next });
});

test('faults have their names', (t) => {
  t.is(why(''), 'truncated');
  t.is(why('02 05 02 73 31'), 'version');
  t.is(why('01 f0 02 73 31'), 'unknown-tag');
  t.is(why('01 00'), 'unknown-tag');
  t.is(why('01 05 02 73 31'), 'ok');
  t.is(why('01 05 02 73'), 'truncated');
  t.is(why('01 05 02 73 31 00'), 'trailing');
  t.is(why('01 05 02 73 0a'), 'text');
  t.is(why('01 05 00'), 'text');
  t.is(why(`01 05 34 ${hex(Buffer.from('a'.repeat(52)))}`), 'text');
  t.is(why(`01 05 34 ${hex(Buffer.from('b'.repeat(52)))}`), 'ok');
  t.is(why('01 03 02 73 31 80 00'), 'varint');
  t.is(why('01 02 ff ff ff ff ff ff ff 10 00'), 'varint');
  t.is(why('01 02 ff ff ff ff ff ff ff 0f 00'), 'ok');
  t.is(why('01 02 80 80 80 80 80 80 80 80 01 00'), 'varint');
  t.is(why('01 07 02 73 31 00 00 00 03'), 'value');
  t.is(why('01 07 02 73 31 80 80 80 80 10 00 00 00'), 'limit');
  t.is(why('01 09 02 73 31 00 05 00'), 'value');
});

testProp('varints take the bytes they say', [fc.oneof(fc.nat(), fc.maxSafeNat())], (t, value) => {
  const writer = new Writer(1);
  writer.varint(value);
  const bytes = writer.finish();
  t.is(bytes.length, varintBytes(value));
  const reader = new Reader(bytes);
  t.is(reader.varint(), value);
  t.is(reader.fault, null);
  t.is(reader.left, 0);
});

testProp(
  'writers share no bytes, whether one is finished before the next begins or not',
  [
    fc.array(
      fc.record({
        room: fc.option(fc.nat(9), { nil: undefined }),
        value: fc.uint8Array({ maxLength: 9_000 }),
        late: fc.boolean(),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  ],
  (t, texts) => {
    const open: { readonly writer: Writer; readonly value: Uint8Array }[] = [];
    const done: { readonly written: Uint8Array; readonly value: Uint8Array }[] = [];
    for (const { room, value, late } of texts) {
      const writer = new Writer(room);
      writer.raw(value, value.length);
      if (late) open.push({ writer, value });
      else done.push({ written: writer.finish(), value });
    }
    for (const { writer, value } of open) done.push({ written: writer.finish(), value });
    for (const { written, value } of done) t.deepEqual(written, value);
  },
);

test('varints are of the stated length around every power of two', (t) => {
  for (let exponent = 0; exponent <= 53; exponent++) {
    for (const value of [2 ** exponent - 1, 2 ** exponent]) {
      if (!Number.isSafeInteger(value)) continue;
      const writer = new Writer();
      writer.varint(value);
      t.is(writer.finish().length, varintBytes(value), String(value));
    }
  }
  t.throws(() => new Writer().varint(2 ** 53), { name: 'AssertionError' });
  t.throws(() => new Writer().varint(-1), { name: 'AssertionError' });
  t.throws(() => new Writer().varint(0.5), { name: 'AssertionError' });
});

testProp('UTF-8 is what the platform makes of it', [fc.string({ unit: 'binary' })], (t, text) => {
  const ours = new Uint8Array(utf8Bytes(text));
  t.is(writeUtf8(text, ours, 0), ours.length);
  t.deepEqual(ours, new TextEncoder().encode(text));
  t.is(readUtf8(ours), new TextDecoder('utf-8', { ignoreBOM: true }).decode(ours));
});

const nearUtf8 = fc.array(
  fc.constantFrom(0x41, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0x8f, 0xf5),
);
testProp(
  'ill-formed UTF-8 is refused as the platform refuses it',
  [
    fc.oneof(
      fc.uint8Array(),
      nearUtf8.map((codes) => new Uint8Array(codes)),
    ),
  ],
  (t, bytes) => {
    let expected: string | null = null;
    try {
      expected = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      expected = null;
    }
    t.is(readUtf8(bytes), expected);
  },
  { numRuns: 1_000 },
);

testProp('32 bytes pack into 52 characters and back', [fc.uint8Array({ minLength: 32, maxLength: 32 })], (t, bytes) => {
  const text = toBase32(bytes);
  t.true(isPackable(text));
  const back = new Uint8Array(32);
  pack(text, back, 0);
  t.deepEqual(back, bytes);
});

/** The same message with labels of the simulator in place of real ids. */
function relabel(sent: Message): Message {
  if (sent.type === 'chunk') {
    const header = { ...sent.chunk, stream: 'n17' };
    const writer = new Writer();
    writeHeader(writer, header);
    return { ...sent, chunk: { ...header, envelope: writer.finish() } };
  }
  return JSON.parse(
    JSON.stringify(sent, (key, value: unknown) => {
      if (value instanceof Uint8Array) return { bytes: hex(value) };
      const isId = key === 'stream' || key === 'node';
      return isId && typeof value === 'string' && isPackable(value) ? 'n17' : value;
    }),
    (_key, value: unknown) => {
      const held = value as { readonly bytes?: string } | null;
      return typeof held === 'object' && typeof held?.bytes === 'string' ? unhex(held.bytes) : value;
    },
  ) as Message;
}
