import { MS, type Time } from '../core/units.js';
import { mix } from './digest.js';
import { exp, normalQuantile } from './distributions.js';

/** TCP payload of a segment on an Ethernet path. */
const SEGMENT = 1_448;
/** Linux' lower bound of the retransmission time-out. */
const RTO_MIN = 200 * MS;
/** Segments that must follow a lost one for three duplicate acknowledgements. */
const DUPACKS = 3;
const MATHIS = 1.22;
const JITTER_SIGMA = 0.25;
const WEYL = 0x9e3779b9;

const JITTER = Float64Array.from({ length: 1024 }, (_, index) =>
  exp(JITTER_SIGMA * normalQuantile((index + 0.5) / 1024)),
);

/** The next word of a link's own stream of draws, so that traffic elsewhere does not shift its luck. */
export function nextLuck(luck: number): number {
  return (luck + WEYL) | 0;
}

/** Lognormal factor of median 1 and sigma 0.25, from a table of quantiles. */
export function jitter(luck: number): number {
  return JITTER[mix(luck, 1) >>> 22] as number;
}

/**
 * Loss on a reliable connection is delay. A lost segment with three more of its message behind it costs one round trip
 * (fast retransmit), any other one a retransmission time-out; a repeat may be lost again, and the time-out doubles. Throughput is
 * capped at 1.22 segments per round trip and root of the loss rate (Mathis, Semke, Mahdavi and Ott 1997).
 */
export class Loss {
  readonly #rate: number;
  readonly #root: number;
  /** Chance that none of n segments is lost. */
  readonly #survival: Float64Array;

  /** @param rate chance that a segment is lost, 0 <= rate < 1 */
  constructor(rate: number) {
    this.#rate = rate;
    this.#root = Math.sqrt(rate);
    this.#survival = new Float64Array(256);
    for (let n = 0, chance = 1; n < 256; n++, chance *= 1 - rate) this.#survival[n] = chance;
  }

  get none(): boolean {
    return this.#rate === 0;
  }

  /** Microseconds that a byte takes at the capped throughput. */
  perByte(roundTrip: Time): number {
    return (roundTrip * this.#root) / (MATHIS * SEGMENT);
  }

  /** Extra delay of a message of `bytes`; 0 in most cases. */
  delay(bytes: number, roundTrip: Time, luck: number): Time {
    const segments = Math.min(255, Math.floor((bytes + SEGMENT - 1) / SEGMENT));
    if (uniform(luck, 2) < (this.#survival[segments] as number)) return 0;
    const victim = mix(luck, 3) >>> 0;
    const fast = segments - 1 - (victim % segments) >= DUPACKS;
    const timeout = Math.max(RTO_MIN, 2 * roundTrip);
    let delay = fast ? roundTrip : timeout;
    for (let attempt = 1; attempt <= 6 && uniform(luck, 3 + attempt) < this.#rate; attempt++) {
      delay += timeout * (1 << (attempt - 1));
    }
    return delay;
  }
}

function uniform(luck: number, salt: number): number {
  return (mix(luck, salt) >>> 0) / 4_294_967_296;
}
