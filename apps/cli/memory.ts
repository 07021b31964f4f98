import { spawnSync } from 'node:child_process';
import { constants, totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { heapWanted } from '../../experiments/heap-wanted.js';

/** Beside the heap, in typed arrays. */
const ARRAYS_PER_VIEWER = 25_000;
const LIMIT_FLAG = '--max-old-space-size';
/**
 * Left alone, the engine lets garbage grow to three times what lives before it looks for it, and a crowd that joins
 * leaves much. The young generation is the one that 100,000 viewers were run with, see docs/performance.md.
 */
const FLAGS = ['--heap-growing-percent=40', '--max-semi-space-size=64'];

/**
 * Runs this very command in a process with a larger heap if so many viewers want one, since the limit of a process
 * cannot be raised while it runs; returns its exit code, or null when this process will do. Who sets the limit by hand
 * is left alone.
 */
export function runWithMoreMemory(viewers: number): number | null {
  if (process.execArgv.some((flag) => flag.startsWith(LIMIT_FLAG))) return null;
  const megabytes = heapWanted(viewers);
  if (megabytes * 2 ** 20 <= getHeapStatistics().heap_size_limit) return null;
  const all = megabytes * 2 ** 20 + viewers * ARRAYS_PER_VIEWER;
  if (all > totalmem()) {
    const has = (totalmem() / 1e9).toFixed(1);
    console.error(`astral: ${viewers} viewers may need ${(all / 1e9).toFixed(1)} GB, and this machine has ${has}`);
  }
  const { status, signal, error } = spawnSync(
    process.execPath,
    [`${LIMIT_FLAG}=${megabytes}`, ...FLAGS, ...process.execArgv, ...process.argv.slice(1)],
    { stdio: 'inherit' },
  );
  if (error !== undefined) throw error;
  return status ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
