/**
 * The wire of `WebSocket /stream/:slug/live`, from a node to its player; imported by both. The node sends, once after the
 * socket opens and again whenever the publisher starts a new epoch:
 *
 *     text    LiveInit as JSON
 *     binary  kind 1 • the container's initialisation segment
 *     binary  kind 2 • header • one media fragment          ... for each fragment, the first one being a keyframe
 *
 * and at any time a text LiveStatus. The player sends nothing. Numbers are big-endian:
 *
 *     kind u8 • flags u8 (bit 0: keyframe) • reserved u16 (0) • epoch u32 • fragment u32 • sourceTime f64 • sourceNow f64 • bytes
 *
 * Kind 1 has the same header with fragment 0 and both times 0. A receiver ignores kinds it does not know.
 */
export const LIVE_VERSION = 1;

/** Bytes before the media in a binary message. */
export const LIVE_HEADER_BYTES = 28;

/** Longest text and binary message that a player accepts. */
export const LIVE_MAX_TEXT = 64 * 1024;
export const LIVE_MAX_BINARY = 8 * 1024 * 1024;

/** Opens an epoch. */
export interface LiveInit {
  readonly type: 'init';
  readonly version: number;
  readonly slug: string;
  /** The stream's name for people; untrusted text. */
  readonly name: string;
  /** As MediaSource takes it. */
  readonly mime: string;
  readonly epoch: number;
  /** How far behind the publisher the node plays out, milliseconds. */
  readonly targetLagMs: number;
}

/** Why nothing comes, or that it comes again. */
export type LiveState = 'live' | 'waiting' | 'paused' | 'ended';

export interface LiveStatus {
  readonly type: 'status';
  readonly state: LiveState;
}

export type LiveText = LiveInit | LiveStatus;

/** One binary message. */
export interface LiveBinary {
  readonly kind: 'init' | 'fragment';
  readonly epoch: number;
  /** Counts fragments of the epoch from 0; a jump means that some are missing. */
  readonly fragment: number;
  readonly keyframe: boolean;
  /** The publisher's stream clock when this fragment was complete, microseconds. */
  readonly sourceTime: number;
  /** The node's estimate of that clock when it sent this message, microseconds. */
  readonly sourceNow: number;
  readonly bytes: Uint8Array;
}

const KINDS = { init: 1, fragment: 2 } as const;
const STATES: ReadonlySet<unknown> = new Set<LiveState>(['live', 'waiting', 'paused', 'ended']);

/** Encodes a binary message. */
export function encodeLive(message: LiveBinary): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(LIVE_HEADER_BYTES + message.bytes.length);
  const view = new DataView(frame.buffer);
  view.setUint8(0, KINDS[message.kind]);
  view.setUint8(1, message.keyframe ? 1 : 0);
  view.setUint32(4, message.epoch);
  view.setUint32(8, message.fragment);
  view.setFloat64(12, message.sourceTime);
  view.setFloat64(20, message.sourceNow);
  frame.set(message.bytes, LIVE_HEADER_BYTES);
  return frame;
}

/** Decodes a binary message; null if it is malformed, too long or of an unknown kind. `bytes` shares memory with `frame`. */
export function decodeLive(
  frame: Uint8Array<ArrayBuffer>,
): (LiveBinary & { readonly bytes: Uint8Array<ArrayBuffer> }) | null {
  if (frame.length < LIVE_HEADER_BYTES || frame.length > LIVE_MAX_BINARY) return null;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const kind = view.getUint8(0);
  const [sourceTime, sourceNow] = [view.getFloat64(12), view.getFloat64(20)];
  if ((kind !== KINDS.init && kind !== KINDS.fragment) || !Number.isFinite(sourceTime) || !Number.isFinite(sourceNow))
    return null;
  return {
    kind: kind === KINDS.init ? 'init' : 'fragment',
    keyframe: (view.getUint8(1) & 1) === 1,
    epoch: view.getUint32(4),
    fragment: view.getUint32(8),
    sourceTime,
    sourceNow,
    bytes: frame.subarray(LIVE_HEADER_BYTES),
  };
}

/** Reads a text message; null if it is not one. Unknown keys are ignored, so that a newer node can add some. */
export function parseLiveText(text: string): LiveText | null {
  if (text.length > LIVE_MAX_TEXT) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { type, version, slug, name, mime, epoch, targetLagMs, state } = value as Record<string, unknown>;
  if (type === 'status') return STATES.has(state) ? { type, state: state as LiveState } : null;
  if (type !== 'init' || version !== LIVE_VERSION) return null;
  if (typeof slug !== 'string' || typeof name !== 'string' || typeof mime !== 'string') return null;
  if (typeof epoch !== 'number' || typeof targetLagMs !== 'number') return null;
  return { type, version, slug, name, mime, epoch, targetLagMs };
}
