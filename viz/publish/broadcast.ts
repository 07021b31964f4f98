import { record } from './recording.js';
import type { Quality } from './recording.js';
import { Sender } from './sender.js';
import type { SendEnd } from './sender.js';

export type BroadcastState = 'preparing' | 'live' | 'bridging' | 'failed' | 'stopped';

/** What a page shows of it. */
export interface BroadcastReport {
  readonly state: BroadcastState;
  /** Why it failed. */
  readonly problem: string | null;
  /** Milliseconds on the air. */
  readonly uptime: number;
  /** Bytes sent since the beginning. */
  readonly sent: number;
  /** Bits per second over the last seconds; null before there is something to measure. */
  readonly bitrate: number | null;
  /** Bytes that the node has not taken yet. */
  readonly waiting: number;
}

const RETRY_MS = 2_000;
/** The rate is measured over this many looks at it. */
const SAMPLES = 6;

/** One stream on the air: records, sends, and begins a new recording when the connection to the node broke. */
export class Broadcast {
  readonly #media: MediaStream;
  readonly #quality: Quality;
  readonly #url: string;
  readonly #began = performance.now();
  #state: BroadcastState = 'preparing';
  #problem: string | null = null;
  #sender: Sender | null = null;
  #stopRecording: (() => void) | null = null;
  #sentBefore = 0;
  #samples: { readonly at: number; readonly sent: number }[] = [];
  #endedAt: number | null = null;

  /** @param url of the node's WebSocket for this stream. */
  constructor(media: MediaStream, quality: Quality, url: string) {
    this.#media = media;
    this.#quality = quality;
    this.#url = `${url}?bitrate=${quality.video + quality.audio}`;
    for (const track of media.getTracks()) track.addEventListener('ended', () => this.stop());
    this.#begin();
  }

  get report(): BroadcastReport {
    if (this.#state === 'preparing' || this.#state === 'bridging')
      this.#state = this.#sender?.open === true && this.#sender.bytes > 0 ? 'live' : this.#state;
    const sent = this.#sent();
    const now = performance.now();
    if (this.#endedAt === null) this.#samples = [...this.#samples.slice(-SAMPLES), { at: now, sent }];
    const first = this.#samples[0];
    const span = first === undefined ? 0 : now - first.at;
    const bitrate = first === undefined || span < 1_000 ? null : ((sent - first.sent) * 8_000) / span;
    return {
      state: this.#state,
      problem: this.#problem,
      uptime: (this.#endedAt ?? now) - this.#began,
      sent,
      bitrate: this.#endedAt === null ? bitrate : null,
      waiting: this.#sender?.waiting ?? 0,
    };
  }

  /** Ends the stream and gives the camera free. */
  stop(): void {
    this.#finish('stopped', null);
  }

  #begin(): void {
    if (this.#endedAt !== null) return;
    const sender = new Sender(this.#url, (end) => this.#onEnd(end));
    this.#sender = sender;
    try {
      this.#stopRecording = record(this.#media, this.#quality, (piece) => sender.send(piece));
    } catch (error) {
      this.#finish('failed', error instanceof Error ? error.message : String(error));
    }
  }

  #onEnd(end: SendEnd): void {
    if (end.why === 'refused') return this.#finish('failed', end.text);
    this.#release();
    this.#state = 'bridging';
    setTimeout(() => this.#begin(), RETRY_MS);
  }

  #release(): void {
    this.#stopRecording?.();
    this.#stopRecording = null;
    this.#sentBefore = this.#sent();
    this.#sender?.close();
    this.#sender = null;
  }

  #finish(state: 'failed' | 'stopped', problem: string | null): void {
    if (this.#endedAt !== null) return;
    this.#endedAt = performance.now();
    this.#state = state;
    this.#problem = problem;
    this.#release();
    for (const track of this.#media.getTracks()) track.stop();
  }

  #sent(): number {
    return this.#sentBefore + (this.#sender?.bytes ?? 0);
  }
}
