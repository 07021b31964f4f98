import type { Fragment } from './fragment.js';
import { FragmentReader } from './fragment-reader.js';
import type { InitSegment, Track } from './init-segment.js';
import { restamp } from './restamp.js';

/** One fragment of the endless stream; times in microseconds since its beginning. */
export interface LoopFragment {
  readonly bytes: Uint8Array;
  readonly keyframe: boolean;
  readonly mediaTime: number;
  readonly duration: number;
}

/** A finite recording played for ever: media time never jumps back, sound and picture stay together at the seam. */
export interface SampleLoop {
  readonly init: InitSegment;
  /** Length of one round, microseconds. */
  readonly loopTime: number;
  /** Mean bits per second. */
  readonly bitrate: number;
  /** Fragment `n`, any integer from 0 on. */
  fragment(n: number): LoopFragment;
  /** The fragment that is being shown at `time` microseconds. */
  fragmentAt(time: number): number;
}

/** The duration of one round as the exact fraction `units / timescale` seconds. */
interface Round {
  readonly units: number;
  readonly timescale: number;
}

/**
 * Makes a loop of a complete fragmented MP4 file. Every round advances all tracks by the length of the longest one, so a
 * shorter track leaves a hole at the seam and none ever overlaps itself. Throws if the file is not one that can loop.
 */
export function createSampleLoop(file: Uint8Array): SampleLoop {
  const { init, fragments } = readAll(file);
  const origin = startOf(fragments);
  const round = longest(fragments, origin);
  const loopTime = (round.units * 1e6) / round.timescale;
  const times = fragments.map((fragment) => fragment.mediaTime - originTime(origin));
  const size = fragments.reduce((sum, fragment) => sum + fragment.bytes.length, 0);
  const timeOf = (n: number): number => {
    const turn = Math.floor(n / fragments.length);
    return Math.floor(turn * loopTime) + (times[n - turn * fragments.length] ?? 0);
  };
  return {
    init,
    loopTime,
    bitrate: Math.round((size * 8e6) / loopTime),
    fragment(n) {
      if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`fragment number ${n} is not an integer from 0 on`);
      const turn = Math.floor(n / fragments.length);
      const source = fragments[n % fragments.length];
      if (source === undefined) throw new RangeError(`no fragment ${n}`);
      const mediaTime = timeOf(n);
      return {
        bytes: moved(source, n, turn, round, origin),
        keyframe: source.keyframe,
        mediaTime,
        duration: timeOf(n + 1) - mediaTime,
      };
    },
    fragmentAt(time) {
      const turn = Math.floor(time / loopTime);
      const within = time - turn * loopTime;
      const next = times.findIndex((start) => start > within);
      return turn * fragments.length + (next === -1 ? times.length : next) - 1;
    },
  };
}

function readAll(file: Uint8Array): { init: InitSegment; fragments: Fragment[] } {
  const parts = new FragmentReader().push(file);
  if (!parts.ok) throw new Error(`the sample is not a fragmented MP4 file: ${parts.error}`);
  const [first, ...rest] = parts.value;
  if (first?.type !== 'init') throw new Error('the sample has no initialisation segment');
  const fragments = rest.flatMap((part) => (part.type === 'fragment' ? [part.fragment] : []));
  if (fragments.length !== rest.length || fragments.length === 0)
    throw new Error('the sample must hold one init segment and some fragments');
  if (fragments[0]?.keyframe !== true) throw new Error('the sample must begin with a keyframe');
  if (fragments.some((fragment) => fragment.runs.some((run) => run.startBytes !== 8)))
    throw new Error('the sample must have 64-bit decode times');
  return { init: first.init, fragments };
}

/** The earliest decode time of all tracks, as a track and a time in its units. */
function startOf(fragments: readonly Fragment[]): { track: Track; start: number } {
  const starts = fragments.flatMap((fragment) => fragment.runs.map((run) => ({ track: run.track, start: run.start })));
  return starts.reduce((a, b) => (b.start / b.track.timescale < a.start / a.track.timescale ? b : a));
}

function originTime(origin: { track: Track; start: number }): number {
  return Math.floor((origin.start * 1e6) / origin.track.timescale);
}

function longest(fragments: readonly Fragment[], origin: { track: Track; start: number }): Round {
  const rounds = fragments.flatMap((fragment) =>
    fragment.runs.map(({ track, start, duration }) => ({
      units: start + duration - rescale(origin.start, origin.track.timescale, track.timescale),
      timescale: track.timescale,
    })),
  );
  return rounds.reduce((a, b) => (b.units / b.timescale > a.units / a.timescale ? b : a));
}

function rescale(time: number, from: number, to: number): number {
  return Math.floor((time * to) / from);
}

/** A copy with the sequence number and every track's decode time of round `turn`; rounding never accumulates. */
function moved(
  source: Fragment,
  n: number,
  turn: number,
  round: Round,
  origin: { track: Track; start: number },
): Uint8Array {
  return restamp(source, n + 1, ({ track, start }) => {
    const advance = Math.ceil(turn * ((round.units * track.timescale) / round.timescale));
    return start - rescale(origin.start, origin.track.timescale, track.timescale) + advance;
  });
}
