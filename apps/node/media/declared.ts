import { MS, SECOND } from '../../../core/units.js';
import type { Time } from '../../../core/units.js';
import type { Fragment } from './fragment.js';

/** What a publisher's manifest declares of the media. */
export interface Declared {
  /** Bits per second. */
  readonly bitrate: number;
  /** Nominal time between the fragments that lead. */
  readonly chunkTime: Time;
}

/** Encoders vary; a slot that is a little too wide costs less than chunks that wait. */
const HEADROOM = 1.1;
const MIN_BITRATE = 8_000;
const MIN_CHUNK_TIME = 20 * MS;
const MAX_CHUNK_TIME = 10 * SECOND;

/**
 * Declares what these fragments show: their mean rate, best taken over whole groups of pictures since keyframes are many
 * times larger than the rest, and the median duration of those that lead. `floor` is a rate that the encoder is known to be set to.
 */
export function declare(fragments: readonly Fragment[], floor: number): Declared {
  const bytes = fragments.reduce((sum, fragment) => sum + fragment.bytes.length, 0);
  const time = fragments.reduce((sum, fragment) => sum + fragment.duration, 0);
  const durations = fragments
    .filter(({ leads }) => leads)
    .map(({ duration }) => duration)
    .toSorted((a, b) => a - b);
  const median = durations[Math.floor(durations.length / 2)] ?? 0;
  return {
    bitrate: withHeadroom((bytes * 8 * SECOND) / Math.max(time, MIN_CHUNK_TIME), floor),
    chunkTime: Math.min(MAX_CHUNK_TIME, Math.max(MIN_CHUNK_TIME, median)),
  };
}

/** The rate to declare for one that was measured, whole kilobits a second. */
export function withHeadroom(bitrate: number, floor: number): number {
  return Math.ceil(Math.max(MIN_BITRATE, bitrate * HEADROOM, floor) / 1_000) * 1_000;
}
