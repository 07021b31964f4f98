import { viewOf } from './boxes.js';
import type { Fragment, TrackRun } from './fragment.js';

/**
 * A copy of a fragment with another sequence number, and for each track another decode time in the track's own units. A
 * track that stores its time in 32 bits wraps around, after 13 hours at 90 kHz.
 */
export function restamp(source: Fragment, sequence: number, timeOf: (run: TrackRun) => number): Uint8Array {
  // Not `slice`, which on a Buffer gives the same memory: others hold it, and it is signed.
  const bytes = new Uint8Array(source.bytes);
  const view = viewOf(bytes);
  view.setUint32(source.sequenceAt, sequence % 2 ** 32);
  for (const run of source.runs) {
    const time = timeOf(run);
    const low = run.startBytes === 8 ? run.startAt + 4 : run.startAt;
    if (run.startBytes === 8) view.setUint32(run.startAt, Math.floor(time / 2 ** 32));
    view.setUint32(low, time % 2 ** 32);
  }
  return bytes;
}
