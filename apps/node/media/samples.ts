import { children, viewOf } from './boxes.js';
import type { Box } from './boxes.js';
import type { Fragment } from './fragment.js';
import type { Track } from './init-segment.js';

/** One sample of a track; times in the track's units. */
export interface Sample {
  readonly duration: number;
  readonly flags: number;
  /** Composition time offset, as the four bytes that stood in the file. */
  readonly offset: number;
  readonly data: Uint8Array;
}

/** The samples of one track in one fragment, in decoding order. */
export interface SampleRun {
  readonly track: Track;
  /** Decode time of the first one. */
  readonly start: number;
  /** Version of the `trun`: 1 has signed offsets. */
  readonly version: 0 | 1;
  readonly samples: readonly Sample[];
}

const NON_SYNC = 0x10000;
const DEFAULT_BASE_IS_MOOF = 0x20000;
/** Boxes of a `traf` that are understood here; any other would be lost. */
const PLAIN: ReadonlySet<string> = new Set(['tfhd', 'tfdt', 'trun']);

export function isSync({ flags }: Sample): boolean {
  return (flags & NON_SYNC) === 0;
}

/** The samples of every track of the fragment; null if its boxes say more than can be put together again. */
export function samplesOf({ bytes, runs }: Fragment): SampleRun[] | null {
  const top = children(bytes);
  const moof = top.ok ? top.value[0] : undefined;
  const trafs = moof === undefined ? null : children(moof.bytes, moof.header);
  if (trafs?.ok !== true) return null;
  const all: SampleRun[] = [];
  for (const traf of trafs.value.filter(({ type }) => type === 'traf')) {
    const inner = children(traf.bytes, traf.header);
    if (!inner.ok || inner.value.some(({ type }) => !PLAIN.has(type))) return null;
    const tfhd = inner.value.find(({ type }) => type === 'tfhd');
    const id = tfhd === undefined ? null : viewOf(tfhd.bytes).getUint32(tfhd.header + 4);
    const run = runs.find(({ track }) => track.id === id);
    if (tfhd === undefined || run === undefined || all.some(({ track }) => track === run.track)) return null;
    const truns = inner.value.filter(({ type }) => type === 'trun');
    const samples = truns.map((trun) => readRun(bytes, trun, defaultsOf(tfhd, run.track)));
    const flags = viewOf(tfhd.bytes).getUint32(tfhd.header);
    if ((flags & DEFAULT_BASE_IS_MOOF) === 0 && all.length > 0) return null;
    if (samples.some((part) => part === null)) return null;
    const version = truns.some((trun) => trun.bytes[trun.header] === 1) ? 1 : 0;
    all.push({ track: run.track, start: run.start, version, samples: samples.flatMap((part) => part ?? []) });
  }
  return all;
}

interface Defaults {
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

/** The optional fields of a `tfhd`, whose length `parseFragment` has checked (ISO/IEC 14496-12, 8.8.7). */
function defaultsOf(tfhd: Box, track: Track): Defaults {
  const view = viewOf(tfhd.bytes);
  const present = view.getUint32(tfhd.header);
  let at = tfhd.header + 8 + ((present & 2) === 0 ? 0 : 4);
  const optional = (bit: number, fallback: number): number => {
    if ((present & bit) === 0) return fallback;
    at += 4;
    return view.getUint32(at - 4);
  };
  const duration = optional(0x8, track.sampleDuration);
  const size = optional(0x10, track.sampleSize);
  return { duration, size, flags: optional(0x20, track.sampleFlags) };
}

/** The samples of a `trun`, whose length `parseFragment` has checked (8.8.8); null if it does not say where its data are. */
function readRun(bytes: Uint8Array, trun: Box, defaults: Defaults): Sample[] | null {
  const view = viewOf(trun.bytes);
  const present = view.getUint32(trun.header);
  if ((present & 1) === 0) return null;
  let data = view.getInt32(trun.header + 8);
  let at = trun.header + 12;
  const optional = (bit: number, fallback: number): number => {
    if ((present & bit) === 0) return fallback;
    at += 4;
    return view.getUint32(at - 4);
  };
  const first = optional(0x4, defaults.flags);
  const samples: Sample[] = [];
  for (let i = 0, count = view.getUint32(trun.header + 4); i < count; i += 1) {
    const duration = optional(0x100, defaults.duration);
    const size = optional(0x200, defaults.size);
    const usual = i === 0 && (present & 0x4) !== 0 ? first : defaults.flags;
    const flags = optional(0x400, usual);
    const offset = optional(0x800, 0);
    if (data < 0 || data + size > bytes.length) return null;
    samples.push({ duration, flags, offset, data: bytes.subarray(data, data + size) });
    data += size;
  }
  return samples;
}
