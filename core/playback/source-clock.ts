import type { ClockReading } from '../message.js';
import { SECOND, type Time } from '../units.js';
import { ORDINAL_MAX } from '../wire/reader.js';

/** A reading that may be off by more is of no use, and would be handed on. */
const WORST: Time = 10 * SECOND;

/** How fast two crystal clocks may drift apart, as a share. */
const DRIFT = 1e-4;

/**
 * Estimates the publisher's stream clock from readings that neighbours hand down, each with an error bound; the
 * reading with the smallest bound wins, and bounds grow with age (the intersection idea of Marzullo 1984, as in NTP).
 */
export class SourceClock {
  #offset = 0;
  #error = Infinity;
  #taken: Time = 0;

  get known(): boolean {
    return this.#error !== Infinity;
  }

  /** The publisher's own clock is exact. */
  setExact(now: Time, source: Time): void {
    this.#offset = source - now;
    this.#error = 0;
    this.#taken = now;
  }

  /** A neighbour's reading that took between 0 and `roundTrip` to get here. */
  sample(now: Time, reading: ClockReading, roundTrip: Time): void {
    const error = reading.error + roundTrip / 2;
    if (error > WORST || error > this.#errorAt(now)) return;
    this.#offset = Math.round(reading.time + roundTrip / 2 - now);
    this.#error = error;
    this.#taken = now;
  }

  /**
   * A chunk that the publisher signed at `source` is here: a reading by which that is still to come is false, whoever
   * it is from, and what the chunk tells stands until there is a better one.
   */
  prove(now: Time, source: Time): void {
    if (!this.known || source <= this.read(now) + this.#errorAt(now)) return;
    this.#offset = source - now;
    this.#error = WORST;
    this.#taken = now;
  }

  /** Stream time at the publisher now. */
  read(now: Time): Time {
    return now + this.#offset;
  }

  /** Local time at which the stream clock shows `source`. */
  localTime(source: Time): Time {
    return source - this.#offset;
  }

  reading(now: Time): ClockReading | null {
    const time = this.read(now);
    // A false reading may have been the highest that peers take: theirs would end the connection if it went on.
    return this.known && time <= ORDINAL_MAX ? { time, error: Math.ceil(this.#errorAt(now)) } : null;
  }

  reset(): void {
    this.#error = Infinity;
  }

  #errorAt(now: Time): number {
    return this.#error + (now - this.#taken) * DRIFT;
  }
}
