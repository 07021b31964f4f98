import { readFileSync } from 'node:fs';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { buildFragment } from '../../../apps/node/media/build-fragment.js';
import { parseFragment } from '../../../apps/node/media/fragment.js';
import type { Fragment } from '../../../apps/node/media/fragment.js';
import { createSampleLoop } from '../../../apps/node/media/sample-loop.js';
import { isSync, samplesOf } from '../../../apps/node/media/samples.js';
import type { Sample, SampleRun } from '../../../apps/node/media/samples.js';
import { splitAtKeyframes } from '../../../apps/node/media/split.js';

const loop = createSampleLoop(
  new Uint8Array(readFileSync(new URL('../../../../apps/assets/sample.mp4', import.meta.url))),
);

function parse(bytes: Uint8Array): Fragment {
  const parsed = parseFragment(loop.init, bytes);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function runsOf(fragment: Fragment): SampleRun[] {
  const runs = samplesOf(fragment);
  if (runs === null) throw new Error('not plain');
  return runs;
}

/** Every sample of a track in these fragments, with its decode time. */
function flat(fragments: readonly Fragment[], track: number): { time: number; sample: Sample }[] {
  return fragments.flatMap((fragment) =>
    runsOf(fragment)
      .filter((run) => run.track.id === track)
      .flatMap(({ start, samples }) => {
        let time = start;
        return samples.map((sample) => {
          const at = time;
          time += sample.duration;
          return { time: at, sample };
        });
      }),
  );
}

/** Fragments `from` to `to` of the loop as a single one. */
function merged(from: number, to: number): Fragment {
  const fragments = Array.from({ length: to - from }, (_, i) => parse(loop.fragment(from + i).bytes));
  const first = runsOf(fragments[0] ?? parse(loop.fragment(from).bytes));
  const runs = first.map((run) => ({ ...run, samples: flat(fragments, run.track.id).map(({ sample }) => sample) }));
  return parse(buildFragment(from + 1, runs));
}

testProp(
  'cut at keyframes, no sample is lost, moved or changed, and each keyframe begins a fragment',
  [fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 35 })],
  (t, from, count) => {
    const whole = merged(from, from + count);
    const parts = splitAtKeyframes(loop.init, whole);
    for (const { id } of loop.init.tracks) t.deepEqual(flat(parts, id), flat([whole], id));
    const inner = Array.from({ length: count - 1 }, (_, i) => from + 1 + i).filter((n) => n % 10 === 0);
    t.is(parts.length, inner.length + 1);
    for (const [i, part] of parts.entries()) {
      if (i > 0) t.true(part.keyframe);
      const video = runsOf(part).find(({ track }) => track.kind === 'video');
      t.is(video?.samples.findLastIndex(isSync), part.keyframe ? 0 : -1);
    }
  },
  { numRuns: 40 },
);

test('what needs no cut stays as it is, bytes and all', (t) => {
  for (const n of [0, 1, 10, 13]) {
    const fragment = parse(loop.fragment(n).bytes);
    t.deepEqual(splitAtKeyframes(loop.init, fragment), [fragment]);
    t.deepEqual(runsOf(parse(buildFragment(n, runsOf(fragment)))), runsOf(fragment));
  }
});

testProp(
  'a damaged fragment is cut or left, never an exception',
  [fc.array(fc.tuple(fc.nat(1_200), fc.nat(255)), { minLength: 1, maxLength: 6 })],
  (t, damages) => {
    const bytes = merged(5, 25).bytes.slice();
    for (const [at, value] of damages) bytes[at] = value;
    const parsed = parseFragment(loop.init, bytes);
    if (parsed.ok) t.true(splitAtKeyframes(loop.init, parsed.value).length >= 1);
    else t.pass();
  },
);
