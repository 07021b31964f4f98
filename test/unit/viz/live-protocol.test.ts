import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { decodeLive, encodeLive, LIVE_HEADER_BYTES, parseLiveText } from '../../../viz/player/live-protocol.js';
import type { LiveBinary } from '../../../viz/player/live-protocol.js';

const u32 = fc.nat(0xffffffff);
const time = fc.double({ noNaN: true, noDefaultInfinity: true });
const message: fc.Arbitrary<LiveBinary> = fc.record({
  kind: fc.constantFrom('init' as const, 'fragment' as const),
  epoch: u32,
  fragment: u32,
  keyframe: fc.boolean(),
  sourceTime: time,
  sourceNow: time,
  bytes: fc.uint8Array({ maxLength: 300 }),
});

testProp('a binary message comes back as it went', [message], (t, sent) => {
  const got = decodeLive(encodeLive(sent));
  t.deepEqual(got && { ...got, bytes: [...got.bytes] }, { ...sent, bytes: [...sent.bytes] });
});

testProp('any bytes are a message or null', [fc.uint8Array({ maxLength: 80 })], (t, bytes) => {
  const got = decodeLive(Uint8Array.from(bytes));
  t.is(got === null ? null : got.bytes.length, got === null ? null : bytes.length - LIVE_HEADER_BYTES);
});

test('the first binary message of an epoch, byte by byte', (t) => {
  const frame = encodeLive({
    kind: 'fragment',
    epoch: 7,
    fragment: 258,
    keyframe: true,
    sourceTime: 1,
    sourceNow: -2,
    bytes: Uint8Array.of(0xaa),
  });
  const words = ['02010000', '00000007', '00000102', '3ff0000000000000', 'c000000000000000', 'aa'];
  t.is(Buffer.from(frame).toString('hex'), words.join(''));
});

testProp(
  'any text is a message or null',
  [
    fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom('null', '[]', '{"type":"init"}', '{"type":"status","state":"live "}'),
    ),
  ],
  (t, text) => {
    const got = parseLiveText(text);
    t.true(got === null || got.type === 'init' || got.type === 'status');
  },
);

test('text messages keep what is known and drop the rest', (t) => {
  const init = {
    type: 'init' as const,
    version: 1,
    slug: 's',
    name: '<b>',
    mime: 'video/mp4',
    epoch: 3,
    targetLagMs: 2500,
  };
  t.deepEqual(parseLiveText(JSON.stringify({ ...init, later: true })), init);
  t.is(parseLiveText(JSON.stringify({ ...init, version: 2 })), null);
  t.is(parseLiveText(JSON.stringify({ ...init, mime: 5 })), null);
  t.deepEqual(parseLiveText('{"type":"status","state":"paused"}'), { type: 'status', state: 'paused' });
  t.is(parseLiveText('{"type":"status","state":["live"]}'), null);
});
