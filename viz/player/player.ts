import { Connection } from './connection.js';
import { FragmentCount } from './fragment-count.js';
import { Cushion, nextMove, trimBefore } from './live-edge.js';
import type { LiveBinary, LiveInit, LiveState, LiveText } from './live-protocol.js';
import { MediaSink } from './media-sink.js';
import { stateOf, STILL_MS } from './player-state.js';
import type { PlayerState } from './player-state.js';
import { SourceClock } from './source-clock.js';
import { Timeline } from './timeline.js';

/** Seconds of media kept behind the picture. */
const KEEP = 30;
const TICK_MS = 100;
/** Media that is appended and does not show up in the buffer for this long is not media: the decoder has lost its way. */
const LOST_MS = 3_000;
/** Least time between two rebuilds after the browser refused the media. */
const REBUILD_MS = 2_000;

/** What the page shows about the player; times in seconds. */
export interface Report {
  readonly state: PlayerState;
  readonly name: string | null;
  /** Source time now minus source time of the picture shown; null while unknown. */
  readonly behind: number | null;
  readonly targetLag: number | null;
  readonly buffered: number;
  readonly missing: number;
  readonly skips: number;
  readonly breaks: number;
  readonly reconnects: number;
}

/** Plays one live stream in a video element and mends itself: over holes, lost sockets, new epochs and refused media. */
export class LivePlayer {
  readonly #video: HTMLVideoElement;
  readonly #connection: Connection;
  readonly #clock = new SourceClock();
  readonly #timeline = new Timeline();
  readonly #count = new FragmentCount();
  readonly #cushion = new Cushion(performance.now());
  #sink: MediaSink | null = null;
  #init: LiveInit | null = null;
  #stream: LiveState = 'live';
  #connected = false;
  #supported = true;
  #blocked = false;
  #held = false;
  #everPlayed = false;
  #lastTime = 0;
  #movedAt = performance.now();
  #still = false;
  #rebuiltAt = -REBUILD_MS;
  /** How far the buffer has come, and since when fragments have been appended without any effect on it. */
  #bufferEnd = 0;
  #unseenSince: number | null = null;
  #skips = 0;
  #breaks = 0;

  constructor(video: HTMLVideoElement, url: string) {
    this.#video = video;
    video.addEventListener('error', () => this.#rebuild());
    this.#connection = new Connection(url, {
      text: (message) => this.#text(message),
      binary: (message) => this.#binary(message),
      connected: (is) => {
        this.#connected = is;
      },
    });
    setInterval(() => this.#tick(), TICK_MS);
  }

  get report(): Report {
    const now = performance.now();
    const sourceNow = this.#clock.now(now);
    const shown = this.#everPlayed ? this.#timeline.sourceTimeAt(this.#video.currentTime) : null;
    return {
      state: stateOf({
        connected: this.#connected,
        supported: this.#supported,
        stream: this.#stream,
        blocked: this.#blocked,
        held: this.#held,
        everPlayed: this.#everPlayed,
        stillMs: now - this.#movedAt,
      }),
      name: this.#init?.name ?? null,
      behind: sourceNow === null || shown === null ? null : Math.max(0, (sourceNow - shown) / 1e6),
      targetLag: this.#init === null ? null : this.#init.targetLagMs / 1_000,
      buffered: Math.max(0, (this.#sink?.ranges.at(-1)?.end ?? 0) - this.#video.currentTime),
      missing: this.#count.missing,
      skips: this.#skips,
      breaks: this.#breaks,
      reconnects: this.#connection.reconnects,
    };
  }

  /** Stops the picture; the stream goes on behind it. */
  hold(): void {
    this.#held = true;
    this.#video.pause();
  }

  /** Plays on at the live edge; also the answer to a browser that wanted a click first. */
  resume(): void {
    this.#held = false;
    this.#blocked = false;
    this.#start();
  }

  #start(): void {
    this.#video.play().catch((error: unknown) => {
      this.#blocked = error instanceof DOMException && error.name === 'NotAllowedError';
    });
  }

  #text(message: LiveText): void {
    if (message.type === 'status') {
      this.#stream = message.state;
      return;
    }
    const same = this.#sink !== null && this.#init?.epoch === message.epoch && this.#init.mime === message.mime;
    this.#init = message;
    if (!same) this.#openEpoch(message.mime);
  }

  #openEpoch(mime: string): void {
    this.#sink?.close();
    this.#sink = null;
    this.#clock.reset();
    this.#timeline.reset();
    this.#count.restart();
    this.#bufferEnd = 0;
    this.#unseenSince = null;
    this.#everPlayed = false;
    this.#movedAt = performance.now();
    this.#supported = MediaSource.isTypeSupported(mime);
    if (!this.#supported) return;
    this.#sink = new MediaSink(this.#video, mime, () => this.#rebuild());
    if (!this.#held) this.#start();
  }

  /** The browser refused the media: everything anew, from the node's newest keyframe. */
  #rebuild(): void {
    const now = performance.now();
    this.#sink?.close();
    this.#sink = null;
    if (now - this.#rebuiltAt < REBUILD_MS) {
      setTimeout(() => this.#connection.renew(), REBUILD_MS);
      return;
    }
    this.#rebuiltAt = now;
    this.#connection.renew();
  }

  #binary(message: LiveBinary & { readonly bytes: Uint8Array<ArrayBuffer> }): void {
    const sink = this.#sink;
    if (sink === null || message.epoch !== this.#init?.epoch) return;
    if (message.kind === 'init') {
      sink.append(message.bytes, null);
      return;
    }
    this.#clock.observe(message.sourceNow, performance.now());
    this.#stream = 'live';
    if (this.#count.accept(message.fragment, message.keyframe) !== 'append') return;
    const taken = sink.append(message.bytes, () => {
      const end = sink.ranges.at(-1)?.end ?? 0;
      if (end > this.#bufferEnd) {
        this.#bufferEnd = end;
        this.#unseenSince = null;
        this.#timeline.mark(end, message.sourceTime);
      } else this.#unseenSince ??= performance.now();
    });
    if (!taken) this.#count.awaitKeyframe();
  }

  #tick(): void {
    const sink = this.#sink;
    if (sink === null) return;
    const now = performance.now();
    if (this.#unseenSince !== null && now - this.#unseenSince > LOST_MS) {
      this.#rebuild();
      return;
    }
    this.#watchMovement(now);
    const { ranges } = sink;
    const before = trimBefore(this.#held ? (ranges.at(-1)?.end ?? 0) : this.#video.currentTime, ranges, KEEP);
    if (before !== null) sink.trim(before);
    if (this.#held || this.#video.seeking) return;
    if (this.#video.paused && !this.#blocked) this.#start();
    const { currentTime: time, playbackRate: rate } = this.#video;
    const move = nextMove({ time, rate, ranges, cushion: this.#cushion.seconds });
    if (move.type === 'rate') {
      if (move.rate !== rate) this.#video.playbackRate = move.rate;
      return;
    }
    this.#video.currentTime = move.to;
    if (move.why !== 'start' && this.#everPlayed) this.#skips++;
  }

  /** Counts breaks, and asks for a larger cushion after each. */
  #watchMovement(now: number): void {
    const time = this.#video.currentTime;
    if (time !== this.#lastTime && !this.#video.seeking && this.#video.readyState >= 2) {
      this.#lastTime = time;
      this.#movedAt = now;
      this.#everPlayed ||= !this.#video.paused;
      this.#still = false;
      this.#cushion.calm(now);
    } else if (this.#everPlayed && !this.#still && !this.#held && now - this.#movedAt > STILL_MS) {
      this.#still = true;
      this.#breaks++;
      this.#cushion.stalled(now);
    }
  }
}
