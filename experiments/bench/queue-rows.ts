import { inChild, output } from './child-process.js';
import type { ToyResult, ToyRun } from './overlay.js';
import { rowOf, type Pair, type Row } from './row.js';
import type { Twin } from './twin.js';

/** By then as many events wait as ever will, and the code is compiled. */
const WARM_EVENTS_PER_NODE = 25;
const WARM_EVENTS = 500_000;
/** The heap of closures is slow, and no close race. */
const CLOSURE_TURNS = 3;

export interface QueueOptions {
  readonly nodes: number;
  /** Events under the stopwatch. */
  readonly events: number;
  readonly repetitions: number;
  readonly twin: Twin;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The event queue on the toy overlay, beside a binary heap of closures and the C++ twin, in turns. Throws when the three
 * do not carry out the very same events: then at least one of them is wrong.
 */
export async function queueRows({ nodes, events, repetitions, twin, signal }: QueueOptions): Promise<Row[]> {
  const job: ToyRun = { nodes, events, warm: Math.max(nodes * WARM_EVENTS_PER_NODE, WARM_EVENTS) };
  const args = [job.nodes, job.warm, job.events] as const;
  const closures: Pair[] = [];
  const twins: Pair[] = [];
  for (let turn = 0; turn < repetitions; turn++) {
    const ring = (await inChild(['ring', ...args], signal)) as ToyResult;
    const heap = turn < CLOSURE_TURNS ? ((await inChild(['closures', ...args], signal)) as ToyResult) : null;
    const other = twin.program === null ? null : ((await output(twin.program, args.map(String), signal)) as ToyResult);
    for (const result of [heap, other]) if (result !== null) sameEvents(nodes, ring, result);
    const astral = events / ring.seconds;
    if (heap !== null) closures.push({ astral, reference: events / heap.seconds });
    twins.push({ astral, reference: other === null ? null : events / other.seconds });
  }
  const heading = { unit: 'events/s', better: 'more', nodes } as const;
  const note = twin.program === null ? { note: `skipped: ${twin.why}` } : { note: `${twin.compiler} -O3` };
  return [
    rowOf({ ...heading, name: `queue/${nodes}/closures`, referenceName: 'binary heap of closures' }, closures),
    rowOf({ ...heading, name: `queue/${nodes}/c++`, referenceName: 'C++ std::priority_queue', ...note }, twins),
  ];
}

function sameEvents(nodes: number, ring: ToyResult, other: ToyResult): void {
  if (ring.checksum === other.checksum && ring.pending === other.pending) return;
  throw new Error(
    `event queues disagree at ${nodes} nodes: checksum ${ring.checksum} and ${other.checksum}, ${ring.pending} and ${other.pending} events left`,
  );
}
