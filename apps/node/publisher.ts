import { MS } from '../../core/units.js';
import { paceLoop } from './media/pacer.js';
import type { LoopFragment, SampleLoop } from './media/sample-loop.js';

/** Sub-streams of a stream published here, and the nominal time between its chunks. */
export const SUBSTREAMS = 4;
export const CHUNK_TIME = 100 * MS;

/** Emits the sample in real time by `now`, the node's clock in microseconds; returns a function that stops. */
export function playSample(loop: SampleLoop, now: () => number, emit: (fragment: LoopFragment) => void): () => void {
  const wakeAt = (at: number, wake: () => void): (() => void) => {
    const timer = setTimeout(wake, Math.max(0, Math.ceil((at - now()) / MS)));
    return () => clearTimeout(timer);
  };
  return paceLoop(loop, { now, wakeAt }, emit);
}
