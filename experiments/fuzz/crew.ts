import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { FuzzOptions, Outcome } from './fuzz.js';
import type { Shrunk } from './shrink.js';

interface Common {
  readonly protocol: string;
  readonly seed: number;
  readonly options: FuzzOptions;
}

/** What a thread is told to do. */
export type Task =
  | (Common & { readonly type: 'try' })
  | (Common & { readonly type: 'shrink'; readonly invariant: string; readonly limitMs: number });

/** What a thread says. */
export type FromWorker =
  | { readonly type: 'alive' }
  | { readonly type: 'tried'; readonly outcome: Outcome }
  | { readonly type: 'smaller'; readonly smallest: Shrunk | null }
  | { readonly type: 'shrunk'; readonly shrunk: Shrunk | null }
  | { readonly type: 'failed'; readonly error: string };

export interface CampaignOptions extends FuzzOptions {
  readonly protocol: string;
  /** First and last seed, both included; the last may be infinite. */
  readonly seeds: readonly [first: number, last: number];
  /** Wall time after which no further seed is begun. */
  readonly forMs?: number;
  /** Threads; as many as the machine runs at once unless given. */
  readonly workers?: number;
  /** Goes on after a failure. */
  readonly keepGoing?: boolean;
  readonly onOutcome?: (outcome: Outcome) => void;
  /** Aborting begins no further seed and waits for none. */
  readonly signal?: AbortSignal;
}

/** Tries the seeds on all threads; resolves once no thread is busy any more. Outcomes come as they are ready. */
export async function runCampaign(campaign: CampaignOptions): Promise<void> {
  const { protocol, seeds, keepGoing = false, signal, onOutcome } = campaign;
  const [first, last] = seeds;
  const options: FuzzOptions = { profile: campaign.profile, bounds: campaign.bounds, set: campaign.set };
  const until = performance.now() + (campaign.forMs ?? Infinity);
  let next = first;
  let failed = false;
  const take = (): Task | null => {
    const over = next > last || performance.now() >= until || (failed && !keepGoing) || signal?.aborted === true;
    return over ? null : { type: 'try', protocol, seed: next++, options };
  };
  const count = Math.max(1, Math.min(last - first + 1, campaign.workers ?? availableParallelism()));
  const threads = Array.from({ length: count }, () => new Thread());
  const end = (): void => threads.forEach((thread) => thread.end());
  signal?.addEventListener('abort', end, { once: true });
  const work = async (thread: Thread): Promise<void> => {
    for (let task = take(); task !== null; task = take()) {
      const said = await thread.do(task);
      if (said.type !== 'tried') continue;
      if (said.outcome.failure !== null) failed = true;
      onOutcome?.(said.outcome);
    }
  };
  try {
    await Promise.all(threads.map(work));
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}

/** Shrinks one failure in a thread of its own, so that the caller can show how it goes. */
export async function shrinkApart(
  task: Extract<Task, { type: 'shrink' }>,
  onProgress: (smallest: Shrunk) => void,
  signal?: AbortSignal,
): Promise<Shrunk | null> {
  const thread = new Thread();
  let smallest: Shrunk | null = null;
  const end = (): void => thread.end();
  signal?.addEventListener('abort', end, { once: true });
  try {
    const said = await thread.do(task, (message) => {
      if (message.type !== 'smaller' || message.smallest === null) return;
      smallest = message.smallest;
      onProgress(message.smallest);
    });
    return said.type === 'shrunk' ? said.shrunk : smallest;
  } catch (error) {
    if (signal?.aborted === true) return smallest;
    throw error;
  } finally {
    signal?.removeEventListener('abort', end);
    thread.end();
  }
}

/** A worker thread as a function that is asked one thing at a time. */
class Thread {
  readonly #worker = new Worker(new URL('./worker.js', import.meta.url));
  #onMessage: (message: FromWorker) => void = () => {};
  #onEnd: (error: Error) => void = () => {};

  constructor() {
    this.#worker.on('message', (message: FromWorker) => this.#onMessage(message));
    this.#worker.on('error', (error) => this.#onEnd(error));
    this.#worker.on('exit', () => this.#onEnd(new Error('a thread ended before its task did')));
  }

  do(task: Task, onProgress: (message: FromWorker) => void = () => {}): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      this.#onEnd = reject;
      this.#onMessage = (message) => {
        if (message.type === 'failed') reject(new Error(message.error));
        else if (message.type === 'tried' || message.type === 'shrunk') resolve(message);
        else onProgress(message);
      };
      this.#worker.postMessage(task, []);
    });
  }

  end(): void {
    void this.#worker.terminate();
  }
}
