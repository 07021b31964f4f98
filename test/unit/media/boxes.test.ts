import { readFileSync } from 'node:fs';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { createFile, MP4BoxBuffer } from 'mp4box';
import { BoxSplitter } from '../../../apps/node/media/boxes.js';
import { FragmentReader } from '../../../apps/node/media/fragment-reader.js';
import type { MediaPart } from '../../../apps/node/media/fragment-reader.js';

const sample = new Uint8Array(readFileSync(new URL('../../../../apps/assets/sample.mp4', import.meta.url)));

/** Cuts `bytes` at sorted, possibly equal positions. */
function cut(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const ends = [...positions.map((p) => p % (bytes.length + 1)), 0, bytes.length].toSorted((a, b) => a - b);
  return ends.slice(1).map((end, i) => bytes.subarray(ends[i], end));
}

function readAll(pieces: readonly Uint8Array[]): MediaPart[] {
  const reader = new FragmentReader();
  return pieces.flatMap((piece) => {
    const parts = reader.push(piece);
    if (!parts.ok) throw new Error(parts.error);
    return parts.value;
  });
}

test('the sample reads as mp4box reads it', (t) => {
  const oracle = createFile();
  oracle.appendBuffer(MP4BoxBuffer.fromArrayBuffer(sample.slice().buffer, 0));
  oracle.flush();
  const boxes = new BoxSplitter().push(sample);
  if (!boxes.ok) return t.fail(boxes.error);
  t.deepEqual(
    boxes.value.map(({ type, bytes }) => [type, bytes.length]),
    oracle.boxes.map((box) => [box.type, box.size]),
  );

  const [first, ...rest] = readAll([sample]);
  if (first?.type !== 'init') return t.fail('no init segment');
  const info = oracle.getInfo();
  t.deepEqual(
    first.init.tracks.map(({ id, codec, timescale }) => ({ id, codec, timescale })),
    info.tracks.map(({ id, codec, timescale }) => ({ id, codec, timescale })),
  );
  t.is(first.init.mime, 'video/mp4; codecs="avc1.42c01e,mp4a.40.2"');

  const moofs = oracle.boxes.filter((box) => box.type === 'moof') as unknown as {
    trafs: { tfhd: { track_id: number }; tfdt: { baseMediaDecodeTime: number }; truns: { sample_count: number }[] }[];
  }[];
  t.is(rest.length, moofs.length);
  for (const [i, part] of rest.entries()) {
    if (part.type !== 'fragment') return t.fail('a second init segment');
    t.deepEqual(
      part.fragment.runs.map(({ track, start, samples }) => [track.id, start, samples]),
      (moofs[i]?.trafs ?? []).map((traf) => [
        traf.tfhd.track_id,
        traf.tfdt.baseMediaDecodeTime,
        traf.truns.reduce((sum, trun) => sum + trun.sample_count, 0),
      ]),
    );
    t.is(part.fragment.keyframe, i % 10 === 0);
    t.is(part.fragment.mediaTime, i * 100_000);
    t.is(part.fragment.duration, 100_000);
  }
  return t.pass();
});

testProp(
  'any way of cutting the bytes gives the same parts',
  [fc.array(fc.nat(), { maxLength: 60 }), fc.nat(3000)],
  (t, positions, fine) => {
    const head = sample.subarray(0, 40_000);
    const whole = readAll([head]);
    const byteByByte = [...head.subarray(0, fine)].map((byte) => Uint8Array.of(byte));
    t.deepEqual(readAll([...byteByByte, ...cut(head.subarray(fine), positions)]), whole);
  },
  { numRuns: 30 },
);

testProp(
  'damaged media is an error or other media, never an exception',
  [fc.array(fc.tuple(fc.nat(8000), fc.nat(255)), { minLength: 1, maxLength: 8 }), fc.array(fc.nat(), { maxLength: 5 })],
  (t, damage, positions) => {
    const bytes = sample.slice(0, 20_000);
    for (const [at, value] of damage) bytes[at] = value;
    const reader = new FragmentReader();
    let error: string | null = null;
    for (const piece of cut(bytes, positions)) {
      const parts = reader.push(piece);
      if (error !== null) t.false(parts.ok, 'an error is final');
      if (!parts.ok) error = parts.error;
      for (const part of parts.ok ? parts.value : []) {
        if (part.type === 'fragment') t.true(Number.isFinite(part.fragment.mediaTime) && part.fragment.duration >= 0);
      }
    }
    t.pass();
  },
  { numRuns: 300 },
);

/** A box with a 32-bit size, or with a 64-bit one. */
function headerOf(type: string, size: number, wide = false): Uint8Array {
  const bytes = new Uint8Array(wide ? 16 : 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, wide ? 1 : size);
  bytes.set(new TextEncoder().encode(type), 4);
  if (wide) view.setBigUint64(8, BigInt(size));
  return bytes;
}

/** What a fresh splitter answers to one piece. */
function refused(bytes: Uint8Array, limit?: number): unknown {
  const outcome = new BoxSplitter(limit).push(bytes);
  return outcome.ok ? outcome.value : outcome.error;
}

test('sizes that lie are refused before anything is kept for them', (t) => {
  t.is(refused(headerOf('mdat', 0)), 'box-size');
  t.is(refused(headerOf('mdat', 7)), 'box-size');
  t.is(refused(headerOf('mdat', 15, true)), 'box-size');
  t.is(refused(headerOf('mdat', 2 ** 40, true)), 'box-too-large');
  t.is(refused(headerOf('mdat', 101), 100), 'box-too-large');
  t.deepEqual(refused(headerOf('mdat', 100), 100), [], 'still incomplete');
  t.like(refused(headerOf('mdat', 16, true)), [{ type: 'mdat', header: 16 }]);
});

/** What a fresh reader answers to the last piece. */
function lastAnswer(...pieces: Uint8Array[]): unknown {
  const reader = new FragmentReader();
  const results = pieces.map((piece) => reader.push(piece));
  const last = results.at(-1);
  return last?.ok === false ? last.error : 'accepted';
}

test('boxes out of order end the stream', (t) => {
  t.is(lastAnswer(headerOf('moof', 8)), 'no-init');
  t.is(lastAnswer(headerOf('mdat', 8)), 'no-init');
  t.is(lastAnswer(headerOf('moov', 8)), 'no-tracks');
  t.is(lastAnswer(headerOf('evil', 8)), 'unexpected-box');
  t.is(lastAnswer(headerOf('styp', 8), headerOf('sidx', 8), headerOf('free', 8)), 'accepted');
  t.is(lastAnswer(sample, headerOf('mdat', 8)), 'unexpected-box');
  t.is(lastAnswer(sample, headerOf('moof', 8), headerOf('moof', 8)), 'unexpected-box');
});
