import { buildFragment } from './build-fragment.js';
import { viewOf } from './boxes.js';
import { parseFragment } from './fragment.js';
import type { Fragment } from './fragment.js';
import type { InitSegment } from './init-segment.js';
import { isSync, samplesOf } from './samples.js';
import type { SampleRun } from './samples.js';

/**
 * Cuts a fragment so that each keyframe begins one of its own: encoders that cut by time alone put keyframes anywhere, and
 * a newcomer, who starts at the beginning of a fragment, would wait for the one that falls into place. A fragment that
 * needs no cut, or whose boxes say more than can be put together again, comes back as it is.
 */
export function splitAtKeyframes(init: InitSegment, fragment: Fragment): readonly Fragment[] {
  const video = fragment.runs.find(({ track }) => track.kind === 'video');
  if (video === undefined || video.samples < 2) return [fragment];
  const runs = samplesOf(fragment);
  const leading = runs?.find(({ track }) => track.id === video.track.id);
  if (runs === null || leading === undefined) return [fragment];
  const cuts = leading.samples.flatMap((sample, i) => (i > 0 && isSync(sample) ? [timeOf(leading, i)] : []));
  // Where every picture is a keyframe there is nothing to gain.
  if (cuts.length === 0 || cuts.length === leading.samples.length - 1) return [fragment];
  const sequence = viewOf(fragment.bytes).getUint32(fragment.sequenceAt);
  const edges = [-Infinity, ...cuts, Infinity];
  const parts: Fragment[] = [];
  for (let i = 0; i + 1 < edges.length; i += 1) {
    const piece = runs.map((run) => between(run, edges[i] ?? 0, edges[i + 1] ?? 0));
    const parsed = parseFragment(init, buildFragment(sequence, piece));
    if (!parsed.ok) return [fragment];
    parts.push(parsed.value);
  }
  return parts;
}

/** Seconds at which sample `index` is decoded. */
function timeOf({ start, samples, track }: SampleRun, index: number): number {
  return samples.slice(0, index).reduce((sum, { duration }) => sum + duration, start) / track.timescale;
}

/** The samples that begin within these seconds. */
function between(run: SampleRun, from: number, to: number): SampleRun {
  let time = run.start;
  let start: number | null = null;
  const samples = run.samples.filter((sample) => {
    const seconds = time / run.track.timescale;
    const inside = seconds >= from && seconds < to;
    if (inside) start ??= time;
    time += sample.duration;
    return inside;
  });
  return { ...run, start: start ?? run.start, samples };
}
