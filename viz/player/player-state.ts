import type { LiveState } from './live-protocol.js';

/** What the viewer is told. */
export type PlayerState =
  | 'connecting'
  | 'starting'
  | 'playing'
  | 'bridging'
  | 'waiting'
  | 'paused'
  | 'ended'
  | 'blocked'
  | 'unsupported';

/** What a viewer reads. */
export const WORDS: Readonly<Record<PlayerState, string>> = {
  connecting: 'Connecting to the node',
  starting: 'Starting',
  playing: 'Playing live',
  bridging: 'Bridging a break',
  waiting: 'Waiting for the stream',
  paused: 'Paused',
  ended: 'The stream has ended',
  blocked: 'Ready to start',
  unsupported: 'This browser cannot play the stream',
};

/** A picture that stands still for longer than this is a break. */
export const STILL_MS = 400;

export interface Signs {
  readonly connected: boolean;
  readonly supported: boolean;
  /** What the node last said about the stream. */
  readonly stream: LiveState;
  /** The browser wants a click before it plays. */
  readonly blocked: boolean;
  /** The viewer pressed pause. */
  readonly held: boolean;
  readonly everPlayed: boolean;
  /** Since when the picture has not advanced. */
  readonly stillMs: number;
}

/** One word for all of it; what the viewer can act on comes first. */
export function stateOf(signs: Signs): PlayerState {
  if (!signs.supported) return 'unsupported';
  if (signs.blocked) return 'blocked';
  if (signs.held) return 'paused';
  const moving = signs.everPlayed && signs.stillMs < STILL_MS;
  if (moving) return 'playing';
  if (signs.stream === 'ended' || signs.stream === 'paused') return signs.stream;
  if (!signs.connected) return signs.everPlayed ? 'bridging' : 'connecting';
  if (signs.stream === 'waiting') return 'waiting';
  return signs.everPlayed ? 'bridging' : 'starting';
}
