import { inChild } from './child-process.js';
import { codecRows } from './codec-rows.js';
import type { Owners } from './heap.js';
import type { Shares } from './profile.js';
import { queueRows } from './queue-rows.js';
import type { Row } from './row.js';
import { simulationRows, type Smallest } from './simulation-rows.js';
import type { Window } from './simulation.js';
import { compileTwin, type Twin } from './twin.js';

/** What can be left out with `--only`. */
export const GROUPS = ['queue', 'codec', 'w01', 'w02', 'profile'] as const;
export type Group = (typeof GROUPS)[number];

const QUEUE_NODES = [1_000, 10_000, 100_000] as const;
const NODES = [300, 1_000, 10_000, 100_000] as const;

/** How thoroughly: `quick` shows that everything works, `full` gives every size sixty virtual seconds. */
export type Depth = 'quick' | 'usual' | 'full';

export interface BenchOptions {
  readonly groups: readonly Group[];
  readonly depth: Depth;
  /** Sizes of the simulated overlays. */
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
  /** Where the time of one simulation goes; null unless asked for. */
  readonly profile: Profile | null;
}

/** Shares of processor time by part of the program, of w01 within a window, and what holds its memory. */
export interface Profile {
  readonly nodes: number;
  readonly window: Window;
  readonly shares: Shares;
  /** Bytes a viewer at the end of the window, by the class that holds them, most first, of `holders` viewers. */
  readonly owners: Owners;
  readonly holders: number;
}

interface Measurement {
  readonly name: string;
  /** About how long it takes beside the others. */
  readonly weight: number;
  readonly measure: () => Promise<readonly Row[]>;
}

/** Measures one thing after the other, each in processes of its own, and resolves to the rows. */
export async function bench(options: BenchOptions): Promise<Pick<BenchDocument, 'rows' | 'profile'>> {
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
    options.onProgress?.(1, 'profile');
    return { rows, profile: options.groups.includes('profile') ? await profile(options) : null };
  } finally {
    if (twin.program !== null) twin.remove();
  }
}

/** A snapshot of so many viewers can still be read at once. */
const HOLDERS = 300;

async function profile({ depth, nodes, signal }: BenchOptions): Promise<Profile> {
  const size = nodes?.at(-1) ?? (depth === 'quick' ? 30 : 1_000);
  const window = windowOf(size, depth);
  const { ramp, from, to } = window;
  const shares = (await inChild(['profile', 'w01', size, ramp, from, to], signal)) as Shares;
  const holders = Math.min(size, HOLDERS);
  const owners = (await inChild(['owners', 'w01', holders, ramp, from, to], signal)) as Owners;
  return { nodes: size, window, shares, owners, holders };
}

function measurements({ groups, depth, nodes, signal }: BenchOptions, twin: Twin): Measurement[] {
  const quick = depth === 'quick';
  const queues = (quick ? QUEUE_NODES.slice(0, 1) : QUEUE_NODES).map((size): Measurement => ({
    name: `queue at ${size} nodes`,
    weight: quick ? 2 : 30,
    measure: () =>
      queueRows({ nodes: size, events: quick ? 200_000 : 1_500_000, repetitions: quick ? 1 : 5, twin, signal }),
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
  const ramp = nodes <= 1_000 ? 20 : 40;
  const from = ramp + 5;
  if (depth === 'full') return { ramp, from, to: 60 };
  return { ramp, from, to: from + (nodes <= 1_000 ? 20 : nodes <= 10_000 ? 5 : 2) };
}

/** Seconds, if a node-second costs about a third of a millisecond. */
function weightOf(nodes: number, { to }: Window): number {
  return 5 + (nodes * to) / 3_000;
}
