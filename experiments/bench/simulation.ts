import type { Message } from '../../core/message.js';
import { createRng } from '../../core/rng.js';
import { SECOND } from '../../core/units.js';
import { Run } from '../../sim/run.js';
import { loadScenario } from '../../sim/scenario.js';
import { ASTRAL } from '../protocols.js';
import { readWorkload } from '../workloads.js';
import { heapByOwner, type Owners } from './heap.js';
import { profileOf, type Shares } from './profile.js';
import { startStopwatch } from './stopwatch.js';

/** Which part of a run is measured: from `from` to `to` seconds of virtual time, after everybody has come by `ramp`. */
export interface Window {
  readonly ramp: number;
  readonly from: number;
  readonly to: number;
}

/** What a simulation cost within its window. */
export interface Cost {
  readonly events: number;
  readonly virtualSeconds: number;
  readonly seconds: number;
  readonly nodeSeconds: number;
  /** Memory that the simulation still needs at the end, engine and garbage apart. */
  readonly liveBytes: number;
  /** The most that the process ever took from the machine. */
  readonly peakBytes: number;
  readonly violations: number;
}

/** Bytes in use after garbage was collected; `gc` is there with `--expose-gc`. */
export function liveBytes(): number {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Runs a workload, cheap checks on, and measures it within the window. */
export function measureSimulation(workload: string, viewers: number, window: Window): Cost {
  const before = liveBytes();
  const run = begin(workload, viewers, window);
  const { from, to } = window;
  const early = run.events;
  const stopwatch = startStopwatch();
  run.world.run(to * SECOND);
  const seconds = stopwatch();
  const events = run.events - early;
  const after = liveBytes();
  return {
    events,
    virtualSeconds: to - from,
    seconds,
    nodeSeconds: viewers * (to - from),
    liveBytes: after - before,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    violations: run.panel.violations.length,
  };
}

/** Which parts of the program a simulation spends its time in, within the window. */
export function profileSimulation(workload: string, viewers: number, window: Window): Shares {
  const run = begin(workload, viewers, window);
  return profileOf(() => run.world.run(window.to * SECOND));
}

/** Bytes a viewer by the class that holds them, at the end of the window. */
export function ownersInSimulation(workload: string, viewers: number, window: Window): Owners {
  const before = new Map(heapByOwner());
  const run = begin(workload, viewers, window);
  run.world.run(window.to * SECOND);
  const after = heapByOwner().map(([owner, bytes]) => [owner, (bytes - (before.get(owner) ?? 0)) / viewers] as const);
  // The run is asked something after the snapshot, so that it is alive in it.
  return run.events > 0 ? after.toSorted((a, b) => b[1] - a[1]) : [];
}

/** A run that has come to the beginning of the window. */
function begin(workload: string, viewers: number, { ramp, from, to }: Window): Run<Message> {
  const set = [['ramp', `${ramp}s`] as const];
  const loaded = loadScenario(readWorkload(workload), { viewers, duration: `${to}s`, set });
  if (!loaded.ok) throw new RangeError(loaded.problems.map(({ path, message }) => `${path} ${message}`).join('; '));
  const { scenario } = loaded;
  const run = new Run<Message>(scenario, { ...ASTRAL, seed: 1 }, createRng(`${scenario.name}/1`));
  run.world.run(from * SECOND);
  return run;
}
