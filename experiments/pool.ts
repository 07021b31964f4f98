import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Job } from './job.js';
import type { TimedDocument } from './timed.js';

/** What a worker says. */
export type FromWorker =
  | { readonly type: 'progress'; readonly share: number }
  | { readonly type: 'done'; readonly document: TimedDocument }
  | { readonly type: 'failed'; readonly error: string };

export interface PoolOptions {
  /** Threads; as many as the machine runs at once unless given. */
  readonly workers?: number;
  /** Cost of a job in any unit, for the progress; equal unless given. */
  readonly weight?: (job: Job) => number;
  /** Share of the work that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly onDone?: (index: number, document: TimedDocument) => void;
  /** Whether the documents are kept and answered; otherwise `onDone` is the only one to see them. */
  readonly keep?: boolean;
  /** Aborting ends all threads and rejects. */
  readonly signal?: AbortSignal;
}

/**
 * Runs jobs on threads and resolves to their documents in the order of the jobs. A run depends on nothing but its job,
 * so neither the number of threads nor their luck shows in the result. The first job that throws ends all.
 */
export async function runJobs(jobs: readonly Job[], options: PoolOptions = {}): Promise<TimedDocument[]> {
  const weight = jobs.map((job) => options.weight?.(job) ?? 1);
  const total = weight.reduce((sum, each) => sum + each, 0);
  const shares = jobs.map(() => 0);
  const documents = new Map<number, TimedDocument>();
  let next = 0;
  const progress = (index: number, share: number): void => {
    shares[index] = share;
    options.onProgress?.(shares.reduce((sum, each, at) => sum + each * (weight[at] ?? 0), 0) / total);
  };
  const work = (worker: Worker): Promise<void> =>
    new Promise((resolve, reject) => {
      let index = -1;
      const take = (): void => {
        index = next++;
        const job = jobs[index];
        if (job === undefined) resolve();
        else worker.postMessage(job, []);
      };
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'progress') return progress(index, message.share);
        if (message.type === 'failed') return reject(new Error(`${nameOf(jobs[index])}: ${message.error}`));
        if (options.keep !== false) documents.set(index, message.document);
        try {
          options.onDone?.(index, message.document);
        } catch (error) {
          return reject(error);
        }
        progress(index, 1);
        take();
      });
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('a worker ended before its job did')));
      take();
    });
  const count = Math.min(jobs.length, options.workers ?? availableParallelism());
  const workers = Array.from({ length: count }, () => new Worker(new URL('./worker.js', import.meta.url)));
  const end = (): void => workers.forEach((worker) => void worker.terminate());
  options.signal?.addEventListener('abort', end, { once: true });
  try {
    await Promise.all(workers.map(work));
  } finally {
    options.signal?.removeEventListener('abort', end);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return options.keep === false ? [] : jobs.map((_job, index) => documents.get(index) as TimedDocument);
}

function nameOf(job: Job | undefined): string {
  return job === undefined ? 'a job' : `${job.scenario.name}, ${job.protocol}, seed ${job.seed}`;
}
