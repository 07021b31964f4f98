import type { Job } from '../job.js';
import { runJobs } from '../pool.js';
import type { SweepDirectory } from './directory.js';
import type { Cell, Study } from './study.js';

/** The i-th of n parts, i from 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

export interface SweepOptions {
  readonly version: string;
  readonly shard?: Shard;
  readonly workers?: number;
  /** @param share of the work that this call does, 0 to 1; `finished` counts the shard's runs, those of earlier calls too */
  readonly onProgress?: (share: number, finished: number) => void;
  readonly signal?: AbortSignal;
}

/** Places of the runs that a shard does: every n-th, so that shards take about equally long. */
export function shardOf(size: number, { index, of }: Shard): number[] {
  return Array.from({ length: size }, (_, at) => at).filter((at) => at % of === index - 1);
}

/** About how long a run takes, in seconds of a viewer's time: virtual time times viewers. */
export function weightOf({ scenario }: Pick<Cell, 'scenario'>): number {
  return scenario.viewers * scenario.duration;
}

/** Does every run of the study, or of one shard, that the directory does not have; answers how many that were. */
export async function runSweep(study: Study, directory: SweepDirectory, options: SweepOptions): Promise<number> {
  const mine = shardOf(directory.size, options.shard ?? { index: 1, of: 1 });
  const done = directory.finished();
  const jobs = mine
    .filter((at) => !done.has(at))
    .map((at) => ({ at, job: jobOf(study, at, options.version) }))
    // The longest first, so that no thread is left alone with one at the end.
    .sort((a, b) => weightOf(b.job) - weightOf(a.job) || a.at - b.at);
  directory.tidy(new Set(jobs.map(({ at }) => at)));
  let finished = mine.length - jobs.length;
  await runJobs(
    jobs.map(({ job }) => job),
    {
      weight: weightOf,
      keep: false,
      onProgress: (share) => options.onProgress?.(share, finished),
      onDone: (index, document) => {
        const at = jobs[index]?.at;
        if (at === undefined) throw new RangeError(`no job ${index}`);
        directory.keep(at, document);
        finished++;
      },
      ...(options.workers === undefined ? {} : { workers: options.workers }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  );
  return jobs.length;
}

function jobOf(study: Study, at: number, version: string): Job {
  const cell = study.cells[Math.floor(at / study.seeds.length)];
  const seed = study.seeds[at % study.seeds.length];
  if (cell === undefined || seed === undefined) throw new RangeError(`there is no run ${at}`);
  return { scenario: cell.scenario, protocol: cell.protocol, seed, version };
}
