import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { createFile, MP4BoxBuffer } from 'mp4box';
import { parseFragment } from '../../../apps/node/media/fragment.js';
import { paceLoop } from '../../../apps/node/media/pacer.js';
import { loadSampleLoop } from '../../../apps/node/media/sample.js';
import { createSampleLoop } from '../../../apps/node/media/sample-loop.js';
import type { SampleLoop } from '../../../apps/node/media/sample-loop.js';

const loop = await loadSampleLoop();
const ROUND = 120;

function runsOf(source: SampleLoop, n: number) {
  const parsed = parseFragment(source.init, source.fragment(n).bytes);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value.runs;
}

const anyFragment = fc.oneof(
  fc.nat(3 * ROUND),
  fc.nat(10_000_000),
  fc.integer({ min: 1, max: 80_000 }).map((turn) => turn * ROUND - 1),
);

testProp('fragments join without hole or overlap, in media time and in every track', [anyFragment], (t, n) => {
  const [a, b] = [loop.fragment(n), loop.fragment(n + 1)];
  t.is(a.mediaTime + a.duration, b.mediaTime);
  t.is(a.duration, 100_000);
  t.is(loop.fragmentAt(a.mediaTime), n);
  t.is(loop.fragmentAt(a.mediaTime + a.duration - 1), n);
  const next = runsOf(loop, n + 1);
  for (const [i, run] of runsOf(loop, n).entries()) t.is(run.start + run.duration, next[i]?.start ?? Number.NaN);
});

testProp(
  'a player can begin at any keyframe',
  [anyFragment, fc.integer({ min: 1, max: 40 })],
  (t, n, count) => {
    const first = n - (n % 10);
    const oracle = createFile();
    let offset = 0;
    const append = (bytes: Uint8Array): void => {
      oracle.appendBuffer(MP4BoxBuffer.fromArrayBuffer(Uint8Array.from(bytes).buffer, offset));
      offset += bytes.length;
    };
    const window = Array.from({ length: count }, (_, i) => loop.fragment(first + i));
    append(loop.init.bytes);
    t.is(oracle.getInfo().tracks.length, 2);
    for (const fragment of window) append(fragment.bytes);
    t.true(window[0]?.keyframe);
    const video = oracle.getTrackSamplesInfo(1) ?? [];
    t.is(video.length, count * 3);
    t.true(video[0]?.is_sync);
    t.deepEqual(
      video.map((sample) => sample.dts),
      video.map((_, i) => (first * 3 + i) * 512),
    );
    const sequences = (oracle.boxes as unknown as { type: string; mfhd?: { sequence_number: number } }[]).flatMap(
      (box) => (box.type === 'moof' ? [box.mfhd?.sequence_number] : []),
    );
    t.deepEqual(
      sequences,
      window.map((_, i) => first + i + 1),
    );
  },
  { numRuns: 40 },
);

test('a recording whose tracks end at different times keeps them together', (t) => {
  const [init, parts] = [loop.init.bytes, Array.from({ length: 7 }, (_, n) => loop.fragment(n).bytes)];
  const uneven = createSampleLoop(Buffer.concat([init, ...parts]));
  for (const n of [6, 6999, 69_999, 6_999_999]) {
    const ends = runsOf(uneven, n);
    for (const [i, next] of runsOf(uneven, n + 1).entries()) {
      const end = (ends[i]?.start ?? 0) + (ends[i]?.duration ?? 0);
      const hole = (next.start - end) / next.track.timescale;
      t.true(hole >= -1 / next.track.timescale && hole < 0.035, `${next.track.kind}: ${hole} s after fragment ${n}`);
    }
    const [a, b] = runsOf(uneven, n + 1).map((run) => run.start / run.track.timescale);
    t.true(Math.abs((a ?? 0) - (b ?? 0)) < 0.001, 'sound and picture begin each round together');
  }
  t.throws(() => createSampleLoop(init), { message: /fragments/ });
  t.throws(() => createSampleLoop(new Uint8Array(9)), { message: /box-size/ });
  t.throws(() => loop.fragment(-1), { instanceOf: RangeError });
});

test('the pacer emits what is due, and skips to a keyframe after a pause', (t) => {
  let now = 5_000_000;
  let timer: { at: number; wake: () => void } | null = null;
  const clock = {
    now: () => now,
    wakeAt: (at: number, wake: () => void) => {
      timer = { at, wake };
      return () => {
        timer = null;
      };
    },
  };
  const seen: number[] = [];
  const stop = paceLoop(loop, clock, (fragment, n) => {
    t.true(5_000_000 + fragment.mediaTime + fragment.duration <= now);
    seen.push(n);
  });
  const advance = (to: number): void => {
    now = to;
    for (let due = timer; due !== null && due.at <= now; due = timer) due.wake();
  };
  advance(5_350_000);
  t.deepEqual(seen, [0, 1, 2]);
  advance(5_000_000 + 63_000_000);
  t.deepEqual(seen.slice(3), []);
  advance(5_000_000 + 63_200_000);
  t.deepEqual(seen.slice(3), [630, 631]);
  stop();
  t.is(timer, null);
});
