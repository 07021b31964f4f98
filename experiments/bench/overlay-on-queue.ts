import type { EventQueue } from '../../sim/queue-types.js';
import { startStopwatch } from './stopwatch.js';
import {
  BEAT_EVERY,
  buildOverlay,
  CHUNK_EVERY,
  firstSight,
  fold,
  NEIGHBOURS,
  TOY,
  type Overlay,
  type ToyResult,
  type ToyRun,
} from './overlay.js';

/** The toy overlay on an event queue of the simulator: events are numbers. */
export function runOnQueue(queue: EventQueue, { nodes, warm, events }: ToyRun): ToyResult {
  const overlay = buildOverlay(nodes);
  queue.push(0, TOY.publish, 0, 0, null);
  for (let node = 0; node < nodes; node++) queue.push(overlay.phases[node] as number, TOY.timer, node, 0, null);
  const sum = work(queue, overlay, 0, warm);
  const seconds = startStopwatch();
  const checksum = work(queue, overlay, sum, events);
  return { checksum: checksum >>> 0, seconds: seconds(), pending: queue.size };
}

/** Carries out so many events and returns the checksum over them. */
function work(queue: EventQueue, overlay: Overlay, before: number, count: number): number {
  let sum = before;
  for (let left = count; left > 0 && queue.pop(Infinity); left--) {
    const { at, kind, target, argument } = queue;
    sum = fold(sum, at, kind, target, argument) | 0;
    if (kind === TOY.beat) continue;
    if (kind === TOY.timer) {
      flood(queue, overlay, at, target, TOY.beat, argument);
      queue.push(at + BEAT_EVERY, TOY.timer, target, argument + 1, null);
    } else {
      if (kind === TOY.publish) queue.push(at + CHUNK_EVERY, TOY.publish, target, argument + 1, null);
      if (firstSight(overlay, target, argument)) flood(queue, overlay, at, target, TOY.chunk, argument);
    }
  }
  return sum;
}

function flood(
  queue: EventQueue,
  { peers, delays }: Overlay,
  at: number,
  from: number,
  kind: number,
  argument: number,
): void {
  const first = from * NEIGHBOURS;
  for (let link = first; link < first + NEIGHBOURS; link++) {
    queue.push(at + (delays[link] as number), kind, peers[link] as number, argument, null);
  }
}
