import type { Range } from './live-edge.js';

/** Appends that wait while the browser works; beyond it the sink reports that it is full. */
const MAX_QUEUE = 300;

interface Job {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly done: (() => void) | null;
}

/** Feeds one epoch to a video element through Media Source Extensions. */
export class MediaSink {
  readonly #source = new MediaSource();
  readonly #url = URL.createObjectURL(this.#source);
  #buffer: SourceBuffer | null = null;
  #queue: Job[] = [];
  #trimBefore: number | null = null;
  readonly #failed: () => void;

  /** Takes over `video`. The type must be one that `MediaSource.isTypeSupported` accepts; `failed` is called if it breaks. */
  constructor(video: HTMLVideoElement, mime: string, failed: () => void) {
    this.#failed = failed;
    this.#source.addEventListener(
      'sourceopen',
      () => {
        try {
          this.#buffer = this.#source.addSourceBuffer(mime);
        } catch {
          failed();
          return;
        }
        // Without an end the browser keeps no seek bar and never thinks that the stream is over.
        this.#source.duration = Infinity;
        this.#buffer.addEventListener('updateend', () => this.#next());
        this.#buffer.addEventListener('error', failed);
        this.#next();
      },
      { once: true },
    );
    video.src = this.#url;
  }

  /** Appends in order; `done` is called when the browser has taken it. False if too much waits already. */
  append(bytes: Uint8Array<ArrayBuffer>, done: (() => void) | null): boolean {
    if (this.#queue.length >= MAX_QUEUE) return false;
    this.#queue.push({ bytes, done });
    this.#next();
    return true;
  }

  /** Removes media before `time` when the browser is free to. */
  trim(time: number): void {
    this.#trimBefore = time;
    this.#next();
  }

  get ranges(): readonly Range[] {
    if (this.#buffer === null || this.#source.readyState === 'closed') return [];
    const { buffered } = this.#buffer;
    return Array.from({ length: buffered.length }, (_, i) => ({ start: buffered.start(i), end: buffered.end(i) }));
  }

  /** Lets go of the media; the element may be given to another sink. */
  close(): void {
    this.#queue = [];
    this.#buffer = null;
    URL.revokeObjectURL(this.#url);
  }

  #next(): void {
    const buffer = this.#buffer;
    if (buffer === null || buffer.updating || this.#source.readyState !== 'open') return;
    if (this.#trimBefore !== null) {
      const end = this.#trimBefore;
      this.#trimBefore = null;
      if (end > 0) {
        buffer.remove(0, end);
        return;
      }
    }
    const job = this.#queue.shift();
    if (job === undefined) return;
    if (job.done !== null) buffer.addEventListener('updateend', job.done, { once: true });
    try {
      buffer.appendBuffer(job.bytes);
    } catch (error) {
      if (job.done !== null) buffer.removeEventListener('updateend', job.done);
      if (error instanceof DOMException && error.name === 'QuotaExceededError') this.#makeRoom(buffer, job);
      else this.#failed();
    }
  }

  /** The browser's own quota is reached: half of what it holds goes, then the job is tried again. */
  #makeRoom(buffer: SourceBuffer, job: Job): void {
    const [first, last] = [this.ranges[0], this.ranges.at(-1)];
    if (first === undefined || last === undefined) return;
    this.#queue.unshift(job);
    buffer.remove(0, (first.start + last.end) / 2);
  }
}
