import { readFileSync } from 'node:fs';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { buildFragment } from '../../../apps/node/media/build-fragment.js';
import { parseFragment } from '../../../apps/node/media/fragment.js';
import { FragmentReader } from '../../../apps/node/media/fragment-reader.js';
import { Segmenter, type Segment } from '../../../apps/node/media/hls-segments.js';
import { Ingest } from '../../../apps/node/media/ingest.js';
import type { Declared } from '../../../apps/node/media/declared.js';
import { createSampleLoop } from '../../../apps/node/media/sample-loop.js';
import { samplesOf, type SampleRun } from '../../../apps/node/media/samples.js';

/*
 * Encoders may write a `moof` for each track (`ffmpeg -movflags separate_moof`): the same media in twice as many
 * fragments, half of them sound alone.
 */
const loop = createSampleLoop(
  new Uint8Array(readFileSync(new URL('../../../../apps/assets/sample.mp4', import.meta.url))),
);
const FRAGMENTS_A_SECOND = 10;

/** The tracks of `count` fragments of the loop from `from` on, each as one run. */
function runsOf(from: number, count: number): SampleRun[] {
  const all = Array.from({ length: count }, (_, i) => {
    const parsed = parseFragment(loop.init, loop.fragment(from + i).bytes);
    return parsed.ok ? (samplesOf(parsed.value) ?? []) : [];
  });
  return (all[0] ?? []).map((run) => ({
    ...run,
    samples: all.flat().flatMap(({ track, samples }) => (track.id === run.track.id ? samples : [])),
  }));
}

/** `seconds` of the sample, cut every `cut` tenths of a second: both tracks together, or a fragment for each. */
function media(seconds: number, cut: number, separate: boolean): Uint8Array[] {
  return Array.from({ length: (seconds * FRAGMENTS_A_SECOND) / cut }, (_, i) => runsOf(i * cut, cut)).flatMap(
    (runs, i) => (separate ? runs.map((run, k) => buildFragment(2 * i + k, [run])) : [buildFragment(i, runs)]),
  );
}

function declaredFor(fragments: readonly Uint8Array[]): Declared | null {
  const ingest = new Ingest();
  for (const piece of [loop.init.bytes, ...fragments]) {
    const events = ingest.push(piece);
    const open = events.ok ? events.value.find(({ type }) => type === 'open') : undefined;
    if (open?.type === 'open') return open.declared;
  }
  return null;
}

testProp(
  'the rate and the time between fragments do not depend on whether the tracks share a fragment',
  [fc.constantFrom(1, 2, 5, 10)],
  (t, cut) => {
    const together = declaredFor(media(6, cut, false));
    const apart = declaredFor(media(6, cut, true));
    if (together === null || apart === null) return t.fail('no epoch began');
    t.is(apart.chunkTime, together.chunkTime);
    // A fragment more has a header more.
    const ratio = apart.bitrate / together.bitrate;
    t.true(ratio >= 0.95 && ratio < 1.15, `${apart.bitrate} beside ${together.bitrate}`);
  },
  { numRuns: 8 },
);

test('segments of both tracks follow each other without a break, and no sound is lost', (t) => {
  const segments: Segment[] = [];
  const segmenter = new Segmenter(0, (segment) => segments.push(segment));
  segmenter.open(loop.init.bytes);
  for (const [n, bytes] of media(21, FRAGMENTS_A_SECOND, true).entries()) segmenter.push(n, bytes);
  t.is(segments.length, 10);
  t.deepEqual(
    segments.filter(({ discontinuity }) => discontinuity),
    [],
  );
  const parts = new FragmentReader().push(Buffer.concat([loop.init.bytes, ...segments.map(({ bytes }) => bytes)]));
  const runs = parts.ok ? parts.value.flatMap((part) => (part.type === 'fragment' ? part.fragment.runs : [])) : [];
  for (const whole of runsOf(0, 20 * FRAGMENTS_A_SECOND)) {
    const own = runs.filter(({ track }) => track.id === whole.track.id);
    t.is(
      own.reduce((sum, { samples }) => sum + samples, 0),
      whole.samples.length,
      whole.track.kind,
    );
  }
});
