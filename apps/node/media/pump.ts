import type { Readable } from 'node:stream';
import type { Time } from '../../../core/units.js';
import { MS } from '../../../core/units.js';
import { Ingest } from './ingest.js';
import type { IngestEvent } from './ingest.js';
import { LivePace } from './live-pace.js';
import type { MediaError } from './result.js';

/** Where pushed media goes. */
export interface MediaSink {
  /** Begins an epoch; false if that is not possible. */
  open(event: Extract<IngestEvent, { type: 'open' }>): Promise<boolean>;
  fragment(event: Extract<IngestEvent, { type: 'fragment' }>): void;
}

/** How a push ended. `silent`: nothing came for too long. `gone`: the connection broke. `refused`: no epoch could begin. */
export type PushEnd =
  | { readonly why: 'ended' | 'silent' | 'gone' | 'stopped' | 'refused' }
  | { readonly why: 'bad-media'; readonly error: MediaError };

/** A writer that sends nothing for this long has gone, whatever its connection says. */
const SILENCE_MS = 10_000;
const WATCH_MS = 1_000;
/** What may mean that there is something to read, or nothing any more. */
const EVENTS = ['readable', 'end', 'error', 'close'] as const;

/**
 * Reads pushed media to its end. Reads no further while media waits for its time or for the sink: what does not fit the
 * buffers of the connection stays with the writer.
 */
export class MediaPump {
  readonly #source: Readable;
  readonly #sink: MediaSink;
  readonly #now: () => Time;
  readonly #pace = new LivePace();
  #end: PushEnd | null = null;
  #heardAt: Time;
  /** Ends the wait for the next bytes, and the wait until media is due. */
  #onBytes: (() => void) | null = null;
  #onDue: (() => void) | null = null;

  /** @param now the node's clock, microseconds. */
  constructor(source: Readable, sink: MediaSink, now: () => Time) {
    this.#source = source;
    this.#sink = sink;
    this.#now = now;
    this.#heardAt = now();
  }

  /** Ends the push from this side; the source is left as it is, so that its writer can still be answered. */
  stop(why: 'stopped' | 'silent' = 'stopped'): void {
    this.#end ??= { why };
    this.#onBytes?.();
    this.#onDue?.();
  }

  /** @param floor bits per second that are declared at least. */
  async run(floor: number): Promise<PushEnd> {
    const ingest = new Ingest(floor);
    const watch = setInterval(() => {
      if (this.#onDue === null && this.#now() - this.#heardAt > SILENCE_MS * MS) this.stop('silent');
    }, WATCH_MS);
    const wake = (): void => this.#onBytes?.();
    for (const event of EVENTS) this.#source.on(event, wake);
    try {
      for (let piece = await this.#next(); piece !== null; piece = await this.#next()) {
        this.#heardAt = this.#now();
        const events = ingest.push(piece);
        if (!events.ok) return { why: 'bad-media', error: events.error };
        await this.#emit(events.value);
      }
      await this.#emit(ingest.finish());
      return this.#end ?? { why: 'ended' };
    } finally {
      clearInterval(watch);
      for (const event of EVENTS) this.#source.off(event, wake);
    }
  }

  /** The next bytes; null at the end, whoever brought it about. */
  async #next(): Promise<Uint8Array | null> {
    for (;;) {
      if (this.#end !== null) return null;
      const piece = this.#source.read() as Uint8Array | null;
      if (piece !== null) return piece;
      if (this.#source.readableEnded) return null;
      if (this.#source.destroyed) this.#end = { why: 'gone' };
      else await new Promise<void>((resolve) => (this.#onBytes = resolve));
      this.#onBytes = null;
    }
  }

  async #emit(events: readonly IngestEvent[]): Promise<void> {
    for (const event of events) {
      if (this.#end !== null) return;
      if (event.type === 'open') {
        this.#pace.reset();
        if (!(await this.#sink.open(event))) this.#end ??= { why: 'refused' };
        continue;
      }
      await this.#wait(this.#pace.delay(event.fragment.mediaTime, this.#now()));
      if (this.#end === null) this.#sink.fragment(event);
    }
  }

  async #wait(delay: Time): Promise<void> {
    if (delay <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.ceil(delay / MS));
      this.#onDue = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#onDue = null;
    this.#heardAt = this.#now();
  }
}
