import { codecRows } from './codec-rows.js';
import { queueRows } from './queue-rows.js';
import type { Row } from './row.js';
import { simulationRows, type Smallest } from './simulation-rows.js';
import type { Window } from './simulation.js';
import { compileTwin, type Twin } from './twin.js';

/** What can be left out with `--only`. */
export const GROUPS = ['queue', 'codec', 'w01', 'w02'] as const;
export type Group = (typeof GROUPS)[number];

const QUEUE_NODES = [1_000, 10_000, 100_000] as const;
const NODES = [300, 1_000, 10_000, 100_000] as const;

/** How thoroughly: `quick` shows that everything works, `full` gives every size sixty virtual seconds. */
export type Depth = 'quick' | 'usual' | 'full';

export interface BenchOptions {
  readonly groups: readonly Group[];
  readonly depth: Depth;
  /** Sizes of overlays; those of the queue and of the simulations unless given. */
  readonly nodes?: readonly number[];
  /** Share of all measurements that is done, and what comes next. */
  readonly onProgress?: (share: number, next: string) => void;
  readonly onRow?: (row: Row) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface BenchDocument {
  readonly schema: 'astral.bench/1';
  readonly version: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly rows: readonly Row[];
}

interface Measurement {
  readonly name: string;
  /** About how long it takes beside the others. */
  readonly weight: number;
  readonly measure: () => Promise<readonly Row[]>;
}

/** Measures one thing after the other, each in processes of its own, and resolves to the rows. */
export async function bench(options: BenchOptions): Promise<Row[]> {
  const twin: Twin = options.groups.includes('queue')
    ? await compileTwin(options.signal)
    : { program: null, why: 'not asked for' };
  try {
    const plan = measurements(options, twin);
    const total = plan.reduce((sum, { weight }) => sum + weight, 0);
    const rows: Row[] = [];
    let done = 0;
    for (const { name, weight, measure } of plan) {
      options.onProgress?.(done / total, name);
      for (const row of await measure()) {
        rows.push(row);
        options.onRow?.(row);
      }
      done += weight;
    }
    return rows;
  } finally {
    if (twin.program !== null) twin.remove();
  }
}

function measurements({ groups, depth, nodes, signal }: BenchOptions, twin: Twin): Measurement[] {
  const quick = depth === 'quick';
  const queues = (nodes ?? (quick ? QUEUE_NODES.slice(0, 1) : QUEUE_NODES)).map((size): Measurement => ({
    name: `queue at ${size} nodes`,
    weight: quick ? 2 : 30,
    measure: () =>
      queueRows({ nodes: size, events: quick ? 200_000 : 2_000_000, repetitions: quick ? 1 : 5, twin, signal }),
  }));
  const codec: Measurement = {
    name: 'wire format',
    weight: 10,
    measure: () => codecRows(quick ? 1 : 3, quick ? 0.1 : 1, signal),
  };
  const simulations = (workload: string): Measurement[] => {
    let smallest: Smallest | null = null;
    return (nodes ?? (quick ? [30] : NODES)).map((size) => ({
      name: `${workload} with ${size} viewers`,
      weight: weightOf(size, windowOf(size, depth)),
      measure: async () => {
        const window = windowOf(size, depth);
        const repetitions = depth === 'usual' && size <= 1_000 ? 3 : 1;
        const { rows, own } = await simulationRows({ workload, nodes: size, window, repetitions, smallest, signal });
        smallest = own;
        return rows;
      },
    }));
  };
  return [
    ...(groups.includes('queue') ? queues : []),
    ...(groups.includes('codec') ? [codec] : []),
    ...(groups.includes('w01') ? simulations('w01') : []),
    ...(groups.includes('w02') ? simulations('w02') : []),
  ];
}

/** Few virtual seconds are enough where many nodes make many events in each. */
function windowOf(nodes: number, depth: Depth): Window {
  if (depth === 'quick') return { ramp: 2, from: 4, to: 6 };
  if (depth === 'full') return { ramp: 10, from: 15, to: 60 };
  if (nodes <= 1_000) return { ramp: 10, from: 15, to: 40 };
  return nodes <= 10_000 ? { ramp: 10, from: 15, to: 20 } : { ramp: 10, from: 12, to: 14 };
}

/** Seconds, if a node-second costs about a third of a millisecond. */
function weightOf(nodes: number, { to }: Window): number {
  return 5 + (nodes * to) / 3_000;
}
