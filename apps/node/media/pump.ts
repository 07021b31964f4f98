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
  #wake: (() => void) | null = null;

  /** @param now the node's clock, microseconds. */
  constructor(source: Readable, sink: MediaSink, now: () => Time) {
    this.#source = source;
    this.#sink = sink;
    this.#now = now;
    this.#heardAt = now();
  }

  /** Ends the push from this side. */
  stop(why: 'stopped' | 'silent' = 'stopped'): void {
    this.#end ??= { why };
    this.#wake?.();
    this.#source.destroy();
  }

  /** @param floor bits per second that are declared at least. */
  async run(floor: number): Promise<PushEnd> {
    const ingest = new Ingest(floor);
    const watch = setInterval(() => {
      if (this.#wake === null && this.#now() - this.#heardAt > SILENCE_MS * MS) this.stop('silent');
    }, WATCH_MS);
    try {
      for await (const piece of this.#source.iterator({ destroyOnReturn: false })) {
        this.#heardAt = this.#now();
        const events = ingest.push(piece as Uint8Array);
        if (!events.ok) return { why: 'bad-media', error: events.error };
        await this.#emit(events.value);
        if (this.#end !== null) return this.#end;
      }
      await this.#emit(ingest.finish());
      return this.#end ?? { why: 'ended' };
    } catch {
      return this.#end ?? { why: 'gone' };
    } finally {
      clearInterval(watch);
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
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
    this.#heardAt = this.#now();
  }
}
