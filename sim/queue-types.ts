import type { Time } from '../core/units.js';

/** Kinds of queued events; at most 16, because they share a word with the target. */
export const KIND = {
  /** Target is a node, argument the generation of its wake-up. */
  wake: 0,
  /** Payload is a closure of the scenario. */
  action: 1,
  /** Target is a link; its message has arrived in full at the receiver's access line. */
  arrive: 2,
  /** Target is a link; its message has left the receiver's downlink queue. */
  deliver: 3,
  /** Target is a node, argument its life, payload an input to dispatch. */
  input: 4,
  /** Target is a link; the close of its sender reaches the receiver. */
  bye: 5,
  /** Payload is a dial that reaches its target. */
  dial: 6,
  /** Target is a link whose held messages are tried again. */
  retry: 7,
  /** Target is a link whose sender gives up unless something was acknowledged. */
  expire: 8,
  /** Target is a link whose reset reaches the sender. */
  reset: 9,
} as const;

/** Targets are 28 bits, kinds 4. */
export const KIND_BITS = 4;

/**
 * Events in the order of their times, ties in the order of their pushes. `pop` loads the event into the public fields,
 * so that nothing is allocated for it. There is no removal: whoever cancels leaves a tag in the argument that no
 * longer matches when the event comes up.
 */
export interface EventQueue {
  readonly size: number;
  readonly at: Time;
  readonly kind: number;
  readonly target: number;
  readonly argument: number;
  readonly payload: unknown;
  /** `at` is a whole number and not before the last event popped or the last limit reached; `payload` null means none. */
  push(at: Time, kind: number, target: number, argument: number, payload: unknown): void;
  /** Loads the earliest event unless it is later than `limit`; false then. */
  pop(limit: Time): boolean;
}
