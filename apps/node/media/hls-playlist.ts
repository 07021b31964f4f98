import { SECOND } from '../../../core/units.js';
import type { Segment } from './hls-segments.js';

export function initName(init: number): string {
  return `init-${init}.mp4`;
}

export function segmentName(seq: number): string {
  return `${seq}.m4s`;
}

/** Seconds that no segment exceeds when rounded; a player may count on it, so it never falls. */
export function targetOf(segments: readonly Segment[], before: number): number {
  return Math.max(before, 1, ...segments.map(({ duration }) => Math.round(duration / SECOND)));
}

/** A live media playlist (RFC 8216) of these segments, at least one. */
export function playlistOf(segments: readonly Segment[], target: number): string {
  const first = segments[0];
  const removed = first === undefined ? 0 : first.discontinuities - (first.discontinuity ? 1 : 0);
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${target}`,
    `#EXT-X-MEDIA-SEQUENCE:${first?.seq ?? 0}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${removed}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
  ];
  let init: number | null = null;
  for (const segment of segments) {
    if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
    if (segment.init !== init) lines.push(`#EXT-X-MAP:URI="${initName(segment.init)}"`);
    init = segment.init;
    lines.push(`#EXTINF:${(segment.duration / SECOND).toFixed(5)},`, segmentName(segment.seq));
  }
  return `${lines.join('\n')}\n`;
}
