import type { Rng } from '../machine.js';
import { MS, type Time } from '../units.js';

/** A place in a plane where distances predict round trips; all in milliseconds. */
export interface Place {
  readonly x: number;
  readonly y: number;
  /** The way from the node to the plane: its access link, which every path of its has in it. */
  readonly height: number;
}

/** A place as its node tells it. */
export interface Coordinate extends Place {
  /** How far predictions from here are off, as a share of the round trip in percent. */
  readonly error: number;
}

/** No coordinate lies further out than this, ms; what claims to is refused on the wire. */
export const FARTHEST = 4_096;
/** Gain of the smoothed error, and of a move once several round trips have been seen. */
const GAIN = 0.25;
/** Round trips until the coordinate is told to others. */
const ENOUGH = 2;
/** One round trip, which a lie or a stall may have made, moves a node no further than this, ms. */
const LONGEST_MOVE = 100;
/** Below this no round trip and no height is told from noise, ms. */
const LEAST = 1;

/**
 * Where this node is in the network, learned from round trips that are measured anyway: Vivaldi with heights (Dabek,
 * Cox, Kaashoek and Morris, SIGCOMM 2004). It predicts the round trip to nodes that were never contacted.
 */
export class Position {
  readonly #rng: Rng;
  #x = 0;
  #y = 0;
  #height = LEAST;
  #error = 1;
  #seen = 0;

  /** `rng` draws a direction where two nodes stand at the same place. */
  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** The coordinate to tell; null while it says nothing. */
  get coordinate(): Coordinate | null {
    return this.#seen < ENOUGH ? null : this.#rounded();
  }

  /** The coordinate of a node that others orient themselves by before anything was measured: a publisher. */
  get anchor(): Coordinate {
    return this.#rounded();
  }

  /** A round trip to a node at `there` took `roundTrip`. */
  observe(roundTrip: Time, there: Coordinate | null): void {
    if (there === null) return;
    const measured = Math.max(LEAST, roundTrip / MS);
    const predicted = this.#distance(there);
    const theirs = Math.max(0.05, there.error / 100);
    const weight = this.#error / (this.#error + theirs);
    const off = Math.min(1, Math.abs(predicted - measured) / measured);
    this.#error = Math.max(0.05, this.#error + GAIN * weight * (off - this.#error));
    // The first round trips move the node all the way, so that a newcomer is soon roughly where it belongs.
    const gain = Math.max(GAIN, 1 / ++this.#seen) * weight;
    const move = Math.max(-LONGEST_MOVE, Math.min(LONGEST_MOVE, gain * (measured - predicted)));
    this.#move(there, move, predicted);
  }

  /** The round trip to be expected; null while this node or the other does not know where it is. */
  roundTripTo(there: Place | null): Time | null {
    if (there === null || this.#seen < ENOUGH) return null;
    return Math.round(this.#distance(there) * MS);
  }

  #distance(there: Place): number {
    const x = this.#x - there.x;
    const y = this.#y - there.y;
    return Math.sqrt(x * x + y * y) + this.#height + there.height;
  }

  /** Away from `there`, or towards it when `by` is negative; the height takes its share. */
  #move(there: Coordinate, by: number, distance: number): void {
    let dx = this.#x - there.x;
    let dy = this.#y - there.y;
    if (dx === 0 && dy === 0) {
      dx = this.#rng.next() - 0.5;
      dy = this.#rng.next() - 0.5;
      const length = Math.sqrt(dx * dx + dy * dy);
      dx *= distance / length;
      dy *= distance / length;
    }
    this.#x = bounded(this.#x + (by * dx) / distance);
    this.#y = bounded(this.#y + (by * dy) / distance);
    this.#height = Math.max(LEAST, bounded(this.#height + (by * (this.#height + there.height)) / distance));
  }

  #rounded(): Coordinate {
    return {
      x: whole(this.#x),
      y: whole(this.#y),
      height: whole(this.#height),
      error: whole(100 * this.#error),
    };
  }
}

/** Never -0: an engine takes that for a fraction, gives such coordinates another hidden shape, and reads all of them slowly. */
function whole(value: number): number {
  return Math.round(value) + 0;
}

function bounded(value: number): number {
  return Math.max(-FARTHEST, Math.min(FARTHEST, value));
}
