/** Integer microseconds, monotonic, 0 at the start of the host. Never wall-clock. */
export type Time = number;

/** Name of a node: base32 of the hash of its public key (live), a short label (simulator). At most 64 ASCII characters. */
export type NodeId = string;

/** Name of a stream: derived from the hash of its publisher's stream key like a node id. */
export type StreamId = string;

/** Chosen by the provider, unique within one incarnation of it; unsigned 32 bit. */
export type TicketId = number;

/** Ties a command to its reply; unique within one host. */
export type CommandId = number;

export const MS = 1_000;
export const SECOND = 1_000_000;
export const NEVER = Infinity;

/** Bits per second to the microseconds that `bytes` take at that rate, rounded up. */
export function transmissionTime(bytes: number, bitsPerSecond: number): Time {
  return Math.ceil((bytes * 8 * SECOND) / bitsPerSecond);
}
