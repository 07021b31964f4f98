import { children, viewOf } from './boxes.js';
import type { Box } from './boxes.js';
import type { InitSegment, Track } from './init-segment.js';
import { err, ok } from './result.js';
import type { Result } from './result.js';

/** Samples that one track of one fragment may hold. */
export const MAX_SAMPLES = 100_000;

/** One track's share of a fragment; times in units of its own timescale. */
export interface TrackRun {
  readonly track: Track;
  /** `baseMediaDecodeTime`. */
  readonly start: number;
  readonly duration: number;
  readonly samples: number;
  /** Whether its first sample is a sync sample. */
  readonly sync: boolean;
  /** Where the `tfdt` value stands in the fragment, and whether it has 8 bytes or 4. */
  readonly startAt: number;
  readonly startBytes: 4 | 8;
}

/** A media fragment: `moof` and its `mdat`. */
export interface Fragment {
  readonly bytes: Uint8Array;
  readonly runs: readonly TrackRun[];
  /**
   * Whether it holds the track that leads the stream: the picture, or the sound of a stream without one. Encoders that
   * write a `moof` for each track send fragments of sound alone beside those of the picture.
   */
  readonly leads: boolean;
  /** Whether a decoder can start here: the leading track begins with a sync sample. */
  readonly keyframe: boolean;
  /** Decode time, microseconds: of the picture if there is one in here, or else of the sound. */
  readonly mediaTime: number;
  /** What it adds to the length of the stream, microseconds: nothing if it does not lead. */
  readonly duration: number;
  /** Where `mfhd`'s sequence number stands. */
  readonly sequenceAt: number;
}

const NON_SYNC = 0x10000;
const BASE_DATA_OFFSET = 1;

/** Reads a `moof` followed by its `mdat`. */
export function parseFragment(init: InitSegment, bytes: Uint8Array): Result<Fragment> {
  const top = children(bytes);
  if (!top.ok) return top;
  const [moof, mdat] = top.value;
  if (moof?.type !== 'moof' || mdat?.type !== 'mdat' || top.value.length !== 2) return err('unexpected-box');
  const inner = children(moof.bytes, moof.header);
  if (!inner.ok) return inner;
  const mfhd = inner.value.find((box) => box.type === 'mfhd');
  if (mfhd === undefined || mfhd.bytes.length < mfhd.header + 8) return err('box-truncated');
  const runs: TrackRun[] = [];
  for (const traf of inner.value.filter((box) => box.type === 'traf')) {
    const run = parseRun(init, bytes, traf);
    if (!run.ok) return run;
    if (run.value !== null) runs.push(run.value);
  }
  if (runs.length > init.tracks.length) return err('too-many-tracks');
  const leading = runs.find((run) => run.track.kind === 'video') ?? runs[0];
  if (leading === undefined) return err('no-tracks');
  const hasVideo = init.tracks.some((track) => track.kind === 'video');
  const leads = (leading.track.kind === 'video') === hasVideo;
  return ok({
    bytes,
    runs,
    leads,
    keyframe: leading.sync && leads,
    mediaTime: Math.floor((leading.start * 1e6) / leading.track.timescale),
    duration: leads ? Math.round((leading.duration * 1e6) / leading.track.timescale) : 0,
    sequenceAt: mfhd.bytes.byteOffset - bytes.byteOffset + mfhd.header + 4,
  });
}

/** Null for a run of a track that `parseInit` leaves out, or of none that is known. */
function parseRun(init: InitSegment, bytes: Uint8Array, traf: Box): Result<TrackRun | null> {
  const inner = children(traf.bytes, traf.header);
  if (!inner.ok) return inner;
  const tfhd = inner.value.find((box) => box.type === 'tfhd');
  const tfdt = inner.value.find((box) => box.type === 'tfdt');
  if (tfhd === undefined || tfdt === undefined || tfhd.bytes.length < tfhd.header + 8) return err('box-truncated');
  const track = init.tracks.find((candidate) => candidate.id === viewOf(tfhd.bytes).getUint32(tfhd.header + 4));
  if (track === undefined) return ok(null);
  // Offsets that count from the start of a file mean nothing to who joins in the middle.
  if ((viewOf(tfhd.bytes).getUint32(tfhd.header) & BASE_DATA_OFFSET) !== 0) return err('absolute-offsets');
  const startBytes = tfdt.bytes[tfdt.header] === 0 ? 4 : 8;
  if (tfdt.bytes.length < tfdt.header + 4 + startBytes) return err('box-truncated');
  const defaults = runDefaults(tfhd, track);
  if (defaults === null) return err('box-truncated');
  const total = { duration: 0, samples: 0, sync: false };
  for (const trun of inner.value.filter((box) => box.type === 'trun')) {
    const samples = addSamples(total, trun, defaults);
    if (!samples.ok) return samples;
  }
  const startAt = tfdt.bytes.byteOffset - bytes.byteOffset + tfdt.header + 4;
  return ok({ track, start: readTime(bytes, startAt, startBytes), ...total, startAt, startBytes });
}

interface Defaults {
  readonly duration: number;
  readonly flags: number;
}

function runDefaults(tfhd: Box, track: Track): Defaults | null {
  const view = viewOf(tfhd.bytes);
  const flags = view.getUint32(tfhd.header);
  let at = tfhd.header + 8 + ((flags & 1) === 0 ? 0 : 8) + ((flags & 2) === 0 ? 0 : 4);
  const optional = (bit: number, fallback: number): number => {
    if ((flags & bit) === 0) return fallback;
    at += 4;
    return at <= tfhd.bytes.length ? view.getUint32(at - 4) : Number.NaN;
  };
  const duration = optional(0x8, track.sampleDuration);
  const size = optional(0x10, 0);
  const sampleFlags = optional(0x20, track.sampleFlags);
  return Number.isNaN(duration + size + sampleFlags) ? null : { duration, flags: sampleFlags };
}

function addSamples(
  total: { duration: number; samples: number; sync: boolean },
  trun: Box,
  defaults: Defaults,
): Result<null> {
  if (trun.bytes.length < trun.header + 8) return err('box-truncated');
  const view = viewOf(trun.bytes);
  const flags = view.getUint32(trun.header);
  const count = view.getUint32(trun.header + 4);
  if (total.samples + count > MAX_SAMPLES) return err('too-many-samples');
  const has = (bit: number): 0 | 4 => ((flags & bit) === 0 ? 0 : 4);
  const records = trun.header + 8 + has(1) + has(4);
  const stride = has(0x100) + has(0x200) + has(0x400) + has(0x800);
  if (trun.bytes.length < records + stride * count) return err('box-truncated');
  if (total.samples === 0 && count > 0) {
    const perSample = has(0x400) === 0 ? defaults.flags : view.getUint32(records + has(0x100) + has(0x200));
    const first = has(4) === 0 ? perSample : view.getUint32(records - 4);
    total.sync = (first & NON_SYNC) === 0;
  }
  total.samples += count;
  if (has(0x100) === 0) total.duration += count * defaults.duration;
  else for (let i = 0; i < count; i += 1) total.duration += view.getUint32(records + i * stride);
  return ok(null);
}

/** Reads a time of 4 or 8 bytes; beyond 2^53 it loses precision, which at 90 kHz is after 3,000 years. */
function readTime(bytes: Uint8Array, at: number, width: 4 | 8): number {
  const view = viewOf(bytes);
  return width === 4 ? view.getUint32(at) : view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}
