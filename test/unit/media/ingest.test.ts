import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { Ingest, type IngestEvent } from '../../../apps/node/media/ingest.js';
import { LivePace } from '../../../apps/node/media/live-pace.js';
import { MediaPump } from '../../../apps/node/media/pump.js';
import { createSampleLoop } from '../../../apps/node/media/sample-loop.js';
import { SECOND } from '../../../core/units.js';

const sample = new Uint8Array(readFileSync(new URL('../../../../apps/assets/sample.mp4', import.meta.url)));
const loop = createSampleLoop(sample);

function read(ingest: Ingest, pieces: readonly Uint8Array[]): IngestEvent[] {
  return pieces.flatMap((piece) => {
    const events = ingest.push(piece);
    if (!events.ok) throw new Error(events.error);
    return events.value;
  });
}

/** Events without the bytes, which make failures unreadable. */
function outline(events: readonly IngestEvent[]): string[] {
  return events.map((event) =>
    event.type === 'open'
      ? `open ${event.declared.bitrate} ${event.declared.chunkTime}`
      : `${event.fragment.mediaTime}${event.fragment.keyframe ? ' key' : ''}`,
  );
}

test('the first group of pictures is measured, and the stream begins with the next', (t) => {
  const ingest = new Ingest();
  const [open, ...fragments] = read(ingest, [
    loop.init.bytes,
    ...Array.from({ length: 40 }, (_, n) => loop.fragment(n).bytes),
  ]);
  if (open?.type !== 'open') return t.fail('no epoch began');
  t.is(open.init.mime, loop.init.mime);
  t.is(open.declared.chunkTime, 100_000);
  t.true(
    open.declared.bitrate > loop.bitrate * 0.8 && open.declared.bitrate < loop.bitrate * 1.6,
    `${open.declared.bitrate}`,
  );
  t.is(open.declared.bitrate % 1_000, 0);
  t.deepEqual(outline(fragments.slice(0, 2)), ['1000000 key', '1100000']);
  t.deepEqual(ingest.finish(), []);

  const floor = read(new Ingest(5_000_000), [sample]).find((event) => event.type === 'open');
  t.is(floor?.declared.bitrate, 5_000_000);
  const short = new Ingest();
  t.deepEqual(read(short, [loop.init.bytes, loop.fragment(0).bytes, loop.fragment(1).bytes]), []);
  t.deepEqual(outline(short.finish()).slice(1), ['0 key', '100000'], 'a short push loses nothing');
  return t.pass();
});

testProp(
  'any way of cutting the bytes gives the same events',
  [fc.array(fc.nat(), { maxLength: 40 })],
  (t, positions) => {
    const bytes = sample.subarray(0, 400_000);
    const ends = [...positions.map((p) => p % bytes.length), 0, bytes.length].toSorted((a, b) => a - b);
    const pieces = ends.slice(1).map((end, i) => bytes.subarray(ends[i], end));
    t.deepEqual(outline(read(new Ingest(), pieces)), outline(read(new Ingest(), [bytes])));
  },
  { numRuns: 30 },
);

const OTHER_INIT = (() => {
  const bytes = loop.init.bytes.slice();
  const at = Buffer.from(bytes).indexOf('mvhd') + 12;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
})();

testProp(
  'whatever an encoder sends, every epoch begins with a keyframe and its time only rises',
  [
    fc.array(
      fc.oneof(
        { weight: 30, arbitrary: fc.nat(5) },
        { weight: 3, arbitrary: fc.constantFrom<'jump' | 'back' | 'init' | 'same'>('jump', 'back', 'init', 'same') },
      ),
      { minLength: 40, maxLength: 200 },
    ),
  ],
  (t, script) => {
    const pieces: Uint8Array[] = [loop.init.bytes];
    let n = 0;
    for (const step of script) {
      if (step === 'init') pieces.push(OTHER_INIT);
      else if (step === 'same') pieces.push(loop.init.bytes);
      else if (step === 'back') n = Math.floor(n / 2);
      else if (step === 'jump') n += 300;
      else pieces.push(loop.fragment((n += step === 0 ? 2 : 1)).bytes);
    }
    t.pass();
    let last = Number.NaN;
    for (const event of read(new Ingest(), pieces)) {
      if (event.type === 'open') last = -1;
      else {
        t.true(last >= 0 || event.fragment.keyframe, 'an epoch begins with a keyframe');
        t.true(event.fragment.mediaTime > last, `${event.fragment.mediaTime} after ${last}`);
        t.true(last < 0 || event.fragment.mediaTime - last <= 11 * SECOND, 'a large hole is a new epoch');
        last = event.fragment.mediaTime;
      }
    }
  },
);

test('a rate that has outgrown what was declared is declared anew, at a keyframe', (t) => {
  const padded = (n: number): Uint8Array => {
    const free = new Uint8Array(30_000);
    new DataView(free.buffer).setUint32(0, free.length);
    free.set(new TextEncoder().encode('mdat'), 4);
    const bytes = loop.fragment(n).bytes;
    const moof = bytes.subarray(0, new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
    return Buffer.concat([moof, n < 50 ? bytes.subarray(moof.length) : free]);
  };
  const events = read(new Ingest(), [loop.init.bytes, ...Array.from({ length: 400 }, (_, n) => padded(n))]);
  const opens = events.flatMap((event, i) => (event.type === 'open' ? [i] : []));
  t.true(opens.length >= 2 && opens.length <= 3, `${opens.length} epochs`);
  const rates = opens.map((at) => (events[at]?.type === 'open' ? events[at].declared.bitrate : 0));
  t.true((rates.at(-1) ?? 0) > 2_000_000, rates.join());
  for (const at of opens)
    t.true(events[at + 1]?.type === 'fragment' && outline(events.slice(at + 1, at + 2))[0]?.endsWith('key'));
});

test('what is no fragmented MP4 is refused with a reason', (t) => {
  const refusal = (bytes: string | Uint8Array): string | null => {
    const outcome = new Ingest().push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    return outcome.ok ? null : outcome.error;
  };
  t.is(refusal('FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00'), 'unexpected-box');
  t.is(refusal('\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f'), 'unexpected-box');
  t.is(refusal('<!doctype html><html>'), 'unexpected-box');
  t.is(refusal('\x00\x00\x00\x08mdat'), 'no-init');
  t.is(refusal('\x00\x00\x00\x00mdat'), 'box-size');
  const cover = new Uint8Array(10_000);
  new DataView(cover.buffer).setUint32(0, cover.length);
  cover.set(new TextEncoder().encode('udta'), 4);
  const moov = Buffer.from(loop.init.bytes);
  const at = moov.indexOf('moov') - 4;
  moov.writeUInt32BE(moov.readUInt32BE(at) + cover.length, at);
  t.is(refusal(Buffer.concat([moov, cover])), 'init-too-large');
});

test('a file goes out in real time, and who is late is not waited for', (t) => {
  const pace = new LivePace();
  t.is(pace.delay(0, 1_000), 0);
  t.is(pace.delay(SECOND / 2, 1_000), 0, 'some lead is allowed');
  const wait = pace.delay(5 * SECOND, 1_000);
  t.true(wait > 3.9 * SECOND && wait <= 4 * SECOND, `${wait}`);
  t.is(pace.delay(5 * SECOND, 60 * SECOND), 0);
  t.true(pace.delay(7 * SECOND, 60 * SECOND) > 0.9 * SECOND, 'the lost minute is not made up for');
});

test('a pump reads no further than it can hand on', async (t) => {
  let read = 0;
  const file = Buffer.concat([loop.init.bytes, ...Array.from({ length: 300 }, (_, n) => loop.fragment(n).bytes)]);
  const source = new Readable({
    highWaterMark: 64 * 1024,
    read() {
      const piece = file.subarray(read, (read += 16 * 1024));
      this.push(piece.length === 0 ? null : piece);
    },
  });
  let bytes = 0;
  const began = performance.now();
  const pump = new MediaPump(
    source,
    {
      open: async () => await Promise.resolve(true),
      fragment: ({ fragment }) => {
        bytes += fragment.bytes.length;
      },
    },
    () => Math.round((performance.now() - began) * 1_000),
  );
  const end = pump.run(0);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const seconds = (performance.now() - began) / 1_000;
  const atMost = ((seconds + 4) * loop.bitrate * 1.5) / 8;
  t.true(
    bytes > 0 && read < atMost + 128 * 1024 && read < file.length,
    `${read} bytes read, at most ${atMost} expected`,
  );
  pump.stop();
  t.deepEqual(await end, { why: 'stopped' });
});
