import type { Manifest } from '../../core/chunk.js';
import { LIVE_VERSION, encodeLive } from '../../viz/player/live-protocol.js';
import type { LiveInit, LiveState, LiveStatus } from '../../viz/player/live-protocol.js';
import type { PlayedFragment } from './reassembly.js';

/** What a feed needs of a player's socket. */
export interface PlayerSocket {
  send(data: string | Uint8Array): void;
  /** Bytes handed over and not yet taken by the player. */
  readonly bufferedAmount: number;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** Players of one stream on one node. */
export const MAX_PLAYERS = 32;

/** Fragments kept for a player that comes next: those since the last keyframe. */
const MAX_BACKLOG = 128;
/** A player that holds more than this unread is skipped until the next keyframe that it has room for. */
const MAX_UNREAD_BYTES = 2 * 1024 * 1024;
/** Microseconds after which a player that takes nothing is dropped. */
const MAX_DEAF_TIME = 5_000_000;
/** Microseconds without a fragment after which players are told to wait. */
const WAITING_AFTER = 2_000_000;
/** Microseconds after which they are told again, so that they know the socket to be alive. */
const REPEAT_EVERY = 5_000_000;

/** What a player must know before the first fragment of an epoch. */
export type Opening = Pick<Manifest, 'name' | 'mime' | 'epoch' | 'init'>;

interface Player {
  readonly socket: PlayerSocket;
  /** Nothing is sent before the next keyframe. */
  skipping: boolean;
  /** Since when the socket has been too full, or null. */
  fullSince: number | null;
}

/** Hands the fragments of one stream to the players on this machine. `now` is the node's clock, microseconds. */
export class LiveFeed {
  readonly #slug: string;
  readonly #lag: number;
  readonly #now: () => number;
  readonly #players = new Set<Player>();
  #opening: Opening | null = null;
  #backlog: PlayedFragment[] = [];
  #state: LiveState = 'waiting';
  #lastAt = 0;
  #saidAt = 0;
  /** The publisher's stream clock minus the node's clock. */
  #offset = 0;

  /** @param lag microseconds that a fragment pushed here is behind the publisher's clock. */
  constructor(slug: string, lag: number, now: () => number) {
    this.#slug = slug;
    this.#lag = lag;
    this.#now = now;
  }

  /** Whether fragments come. */
  get live(): boolean {
    return this.#state === 'live';
  }

  /** Adds a player; it begins at the newest keyframe. The returned function removes it. Null when there are too many. */
  subscribe(socket: PlayerSocket): (() => void) | null {
    if (this.#players.size >= MAX_PLAYERS) return null;
    const player: Player = { socket, skipping: this.#backlog.length === 0, fullSince: null };
    this.#players.add(player);
    this.#open(player);
    for (const fragment of this.#backlog) socket.send(this.#encode(fragment));
    return () => this.#players.delete(player);
  }

  /** Opens an epoch; what was kept of the one before is dropped. */
  open(opening: Opening): void {
    if (this.#opening?.epoch === opening.epoch) return;
    this.#opening = opening;
    this.#backlog = [];
    for (const player of this.#players) {
      player.skipping = true;
      this.#open(player);
    }
  }

  /** Takes the next fragment of the epoch that is open; one of any other epoch is left out. */
  push(fragment: PlayedFragment): void {
    if (fragment.epoch !== this.#opening?.epoch) return;
    this.#lastAt = this.#now();
    this.#offset = fragment.sourceTime + this.#lag - this.#lastAt;
    if (fragment.keyframe) this.#backlog = [];
    if (fragment.keyframe || this.#backlog.length > 0) this.#backlog.push(fragment);
    if (this.#backlog.length > MAX_BACKLOG) this.#backlog = [];
    this.#become('live');
    for (const player of this.#players) this.#forward(player, fragment);
  }

  /** To be called now and then: tells players that nothing comes, again and again, and drops those that take nothing. */
  check(): void {
    const now = this.#now();
    if (this.#state === 'live' && now - this.#lastAt > WAITING_AFTER) this.#become('waiting');
    if (this.#state === 'waiting' && now - this.#saidAt > REPEAT_EVERY) this.#say();
    for (const player of this.#players) {
      if (player.fullSince === null || this.#now() - player.fullSince < MAX_DEAF_TIME) continue;
      this.#players.delete(player);
      player.socket.terminate();
    }
  }

  /** Says goodbye to all players. */
  close(state: 'ended' | 'waiting'): void {
    this.#become(state);
    for (const player of this.#players) player.socket.close(1001, 'going away');
    this.#players.clear();
  }

  #forward(player: Player, fragment: PlayedFragment): void {
    if (player.socket.bufferedAmount > MAX_UNREAD_BYTES) {
      player.skipping = true;
      player.fullSince ??= this.#now();
      return;
    }
    player.fullSince = null;
    if (player.skipping && !fragment.keyframe) return;
    player.skipping = false;
    player.socket.send(this.#encode(fragment));
  }

  #encode(fragment: PlayedFragment): Uint8Array {
    return encodeLive({ kind: 'fragment', ...fragment, sourceNow: this.#now() + this.#offset });
  }

  #open(player: Player): void {
    if (this.#opening !== null) {
      const { name, mime, epoch, init } = this.#opening;
      const targetLagMs = this.#lag / 1_000;
      const first: LiveInit = { type: 'init', version: LIVE_VERSION, slug: this.#slug, name, mime, epoch, targetLagMs };
      player.socket.send(JSON.stringify(first));
      player.socket.send(
        encodeLive({ kind: 'init', epoch, fragment: 0, keyframe: false, sourceTime: 0, sourceNow: 0, bytes: init }),
      );
    }
    player.socket.send(statusOf(this.#state));
  }

  #become(state: LiveState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#say();
  }

  #say(): void {
    this.#saidAt = this.#now();
    for (const player of this.#players) player.socket.send(statusOf(this.#state));
  }
}

function statusOf(state: LiveState): string {
  const status: LiveStatus = { type: 'status', state };
  return JSON.stringify(status);
}
