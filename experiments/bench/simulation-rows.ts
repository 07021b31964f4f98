import { heapWanted } from '../heap-wanted.js';
import { inChild } from './child-process.js';
import type { EngineCost } from './engine.js';
import { rowOf, type Pair, type Row } from './row.js';
import type { Cost, Window } from './simulation.js';

const ENGINE_EVENTS = 1_000_000;

export interface SimulationOptions {
  readonly workload: string;
  readonly nodes: number;
  readonly window: Window;
  readonly repetitions: number;
  /** The size that memory and work of each node are held against, once it is known. */
  readonly smallest: Smallest | null;
  readonly signal?: AbortSignal | undefined;
}

/** The same figures at the smallest size of this run. */
export interface Smallest {
  readonly nodes: number;
  readonly bytesPerNode: number;
  readonly eventsPerNodeSecond: number;
}

/** The whole simulation of one workload at one size, on one thread with the cheap checks. */
export async function simulationRows(options: SimulationOptions): Promise<{ rows: Row[]; own: Smallest }> {
  const { workload, nodes, window, repetitions, signal } = options;
  const costs: { readonly cost: Cost; readonly engine: number }[] = [];
  for (let turn = 0; turn < repetitions; turn++) {
    const { ramp, from, to } = window;
    const cost = (await inChild(['simulation', workload, nodes, ramp, from, to], signal, heapWanted(nodes))) as Cost;
    const engine = (await inChild(['engine', Math.max(2, nodes), ENGINE_EVENTS], signal)) as EngineCost;
    costs.push({ cost, engine: engine.events / engine.seconds });
  }
  const first = costs[0]?.cost as Cost;
  const bytesOf = ({ liveBytes }: Cost): number => liveBytes / nodes;
  const eventsOf = ({ events, nodeSeconds }: Cost): number => events / nodeSeconds;
  const own = { nodes, bytesPerNode: bytesOf(first), eventsPerNodeSecond: eventsOf(first) };
  const smallest = options.smallest ?? own;
  const pairs = (figure: (cost: Cost) => number, reference: (engine: number) => number): Pair[] =>
    costs.map(({ cost, engine }) => ({ astral: figure(cost), reference: reference(engine) }));
  const name = `${workload}/${nodes}`;
  const violations = first.violations === 0 ? '' : `; ${first.violations} violations`;
  const note = `${window.to - window.from} virtual s after a ramp of ${window.ramp} s${violations}`;
  const peak = `at most ${Math.round(first.peakBytes / 1e6)} MB taken from the machine`;
  const rows = [
    rowOf(
      {
        name: `${name}/speed`,
        unit: 'events/s',
        better: 'more',
        nodes,
        referenceName: 'engine without a protocol',
        note,
      },
      pairs(
        ({ events, seconds }) => events / seconds,
        (engine) => engine,
      ),
    ),
    rowOf(
      { name: `${name}/speed-up`, unit: 'virtual s/s', better: 'more', nodes, referenceName: 'real time' },
      pairs(
        ({ virtualSeconds, seconds }) => virtualSeconds / seconds,
        () => 1,
      ),
    ),
    rowOf(
      {
        name: `${name}/work`,
        unit: 'events/node-second',
        better: 'less',
        nodes,
        referenceName: `${smallest.nodes} nodes`,
      },
      pairs(eventsOf, () => smallest.eventsPerNodeSecond),
    ),
    rowOf(
      {
        name: `${name}/memory`,
        unit: 'bytes/node',
        better: 'less',
        nodes,
        referenceName: `${smallest.nodes} nodes`,
        note: peak,
      },
      pairs(bytesOf, () => smallest.bytesPerNode),
    ),
  ];
  return { rows, own: smallest };
}
