import { parentPort } from 'node:worker_threads';
import { PROTOCOLS } from '../protocols.js';
import type { Simulate } from './attempt.js';
import type { FromWorker, Task } from './crew.js';
import { draw } from './draw.js';
import { trySeed } from './fuzz.js';
import { shrink } from './shrink.js';

/** A thread of the crew: takes tasks one after the other. */
const port = parentPort;

function work(task: Task, tell: (message: FromWorker) => void): FromWorker {
  const entry = PROTOCOLS.get(task.protocol);
  if (entry === undefined) throw new RangeError(`no protocol ${task.protocol}`);
  const simulate: Simulate = (scenario, options) =>
    entry.simulate({ ...scenario, protocol: task.protocol }, { ...options });
  const { seed, options } = task;
  const alive = (): void => tell({ type: 'alive' });
  if (task.type === 'try') return { type: 'tried', outcome: trySeed(simulate, seed, options, alive) };
  const { invariant, limitMs } = task;
  const drawn = draw(seed, options.profile, options.bounds);
  const onProgress = (smallest: ReturnType<typeof shrink>): void => tell({ type: 'smaller', smallest });
  return {
    type: 'shrunk',
    shrunk: shrink(simulate, drawn, { seed, invariant, limitMs, set: options.set, onProgress }),
  };
}

port?.on('message', (task: Task) => {
  const tell = (message: FromWorker): void => port.postMessage(message);
  try {
    tell(work(task, tell));
  } catch (error) {
    tell({ type: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
