import { children, descend, fourcc, viewOf } from './boxes.js';
import type { Box } from './boxes.js';
import { codecOf } from './codec.js';
import { err, ok } from './result.js';
import type { Result } from './result.js';

/** Tracks that one stream may carry. */
export const MAX_TRACKS = 8;

export interface Track {
  readonly id: number;
  readonly kind: 'video' | 'audio';
  /** Units per second of every time of this track. */
  readonly timescale: number;
  /** RFC 6381, e.g. `avc1.42c01e`. */
  readonly codec: string;
  /** Defaults of `trex`, for fragments that do not state their own. */
  readonly sampleDuration: number;
  readonly sampleSize: number;
  readonly sampleFlags: number;
}

/** What an initialisation segment (`ftyp` and `moov`) says. */
export interface InitSegment {
  readonly bytes: Uint8Array;
  readonly tracks: readonly Track[];
  /** As a browser's MediaSource takes it. */
  readonly mime: string;
}

/** Reads `ftyp` (optional) and `moov`. */
export function parseInit(bytes: Uint8Array): Result<InitSegment> {
  const top = children(bytes);
  if (!top.ok) return top;
  const moov = top.value.find((box) => box.type === 'moov');
  if (moov === undefined) return err('no-init');
  const inner = children(moov.bytes, moov.header);
  if (!inner.ok) return inner;
  const traks = inner.value.filter((box) => box.type === 'trak');
  if (traks.length > MAX_TRACKS) return err('too-many-tracks');
  const defaults = trackDefaults(moov);
  const tracks: Track[] = [];
  for (const trak of traks) {
    const track = parseTrack(trak, defaults);
    if (!track.ok) return track;
    if (track.value !== null) tracks.push(track.value);
  }
  if (tracks.length === 0) return err('no-tracks');
  const container = tracks.some((track) => track.kind === 'video') ? 'video/mp4' : 'audio/mp4';
  return ok({ bytes, tracks, mime: `${container}; codecs="${tracks.map((track) => track.codec).join(',')}"` });
}

type Defaults = ReadonlyMap<number, { readonly duration: number; readonly size: number; readonly flags: number }>;

function trackDefaults(moov: Box): Defaults {
  const defaults = new Map<number, { duration: number; size: number; flags: number }>();
  const mvex = descend(moov, ['mvex']);
  const inner = mvex === null ? null : children(mvex.bytes, mvex.header);
  for (const box of inner?.ok === true ? inner.value : []) {
    if (box.type !== 'trex' || box.bytes.length < box.header + 24) continue;
    const view = viewOf(box.bytes);
    defaults.set(view.getUint32(box.header + 4), {
      duration: view.getUint32(box.header + 12),
      size: view.getUint32(box.header + 16),
      flags: view.getUint32(box.header + 20),
    });
  }
  return defaults;
}

/** Null for a track that is neither picture nor sound, such as subtitles. */
function parseTrack(trak: Box, defaults: Defaults): Result<Track | null> {
  const tkhd = descend(trak, ['tkhd']);
  const mdhd = descend(trak, ['mdia', 'mdhd']);
  const hdlr = descend(trak, ['mdia', 'hdlr']);
  const stsd = descend(trak, ['mdia', 'minf', 'stbl', 'stsd']);
  if (tkhd === null || mdhd === null || hdlr === null || stsd === null) return err('box-truncated');
  const id = versioned(tkhd, 12, 20);
  const timescale = versioned(mdhd, 12, 20);
  if (id === null || timescale === null || hdlr.bytes.length < hdlr.header + 12) return err('box-truncated');
  if (timescale === 0) return err('box-size');
  const handler = fourcc(hdlr.bytes, hdlr.header + 8);
  if (handler !== 'vide' && handler !== 'soun') return ok(null);
  const entries = children(stsd.bytes, stsd.header + 8);
  if (!entries.ok) return entries;
  const entry = entries.value[0];
  const codec = entry === undefined ? null : codecOf(entry);
  if (codec === null) return err('bad-codec');
  return ok({
    id,
    kind: handler === 'vide' ? 'video' : 'audio',
    timescale,
    codec,
    sampleDuration: defaults.get(id)?.duration ?? 0,
    sampleSize: defaults.get(id)?.size ?? 0,
    sampleFlags: defaults.get(id)?.flags ?? 0,
  });
}

/** A 32-bit field whose place in a full box depends on the version, 0 or 1. */
function versioned(box: Box, at0: number, at1: number): number | null {
  if (box.bytes.length <= box.header) return null;
  const at = box.header + (box.bytes[box.header] === 0 ? at0 : at1);
  return box.bytes.length < at + 4 ? null : viewOf(box.bytes).getUint32(at);
}
