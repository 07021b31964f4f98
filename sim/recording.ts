import type { TraceEvent } from '../core/trace.js';
import type { NodeId, Time } from '../core/units.js';
import type { View } from '../core/view.js';
import type { Ending, NodeInfo } from './metrics/session.js';

/**
 * A recording is what a picture of a run needs, one JSON object a line, in the order of time: the header first, then
 * everything that happened, and the figures last. Unlike a trace it counts chunks instead of telling each of them, so
 * that minutes of hundreds of nodes fit into a page.
 */
export type RecordingLine = HeaderLine | NodeLine | EventLine | ViewLine | FlowLine | SummaryLine;

export const RECORDING_VERSION = 1;

export interface HeaderLine {
  readonly type: 'recording';
  readonly version: typeof RECORDING_VERSION;
  readonly at: Time;
  readonly scenario: string;
  readonly title: string;
  readonly protocol: string;
  readonly seed: number;
  readonly viewers: number;
  readonly duration: Time;
  readonly substreams: number;
  readonly faults: readonly PlannedFault[];
  readonly targets: readonly RecordedTarget[];
}

export interface PlannedFault {
  readonly at: Time;
  readonly kind: string;
  readonly target: string;
  readonly for: Time | null;
}

export interface RecordedTarget {
  readonly metric: string;
  readonly atLeast: number | null;
  readonly atMost: number | null;
}

/** A node comes or goes; the region is a name, the uplink bits per second. */
export type NodeLine = { readonly type: 'node'; readonly at: Time; readonly node: NodeId } & (
  | {
      readonly change: 'up';
      readonly kind: 'viewer' | 'publisher' | 'helper';
      readonly region: string | null;
      readonly uplink: number | null;
    }
  | { readonly change: 'down'; readonly why: 'left' | 'crashed' }
);

/** A trace event with its time and the node that speaks, as in `trace.ndjson.gz`. */
export type EventLine = { readonly at: Time; readonly node: NodeId } & TraceEvent;

export interface ViewLine {
  readonly type: 'view';
  readonly at: Time;
  readonly node: NodeId;
  readonly view: View;
}

/** What happened to the chunks of each node in the second that ends at `at`. */
export interface FlowLine {
  readonly type: 'flow';
  readonly at: Time;
  readonly nodes: Readonly<Record<NodeId, Flow>>;
}

/** First copies received, chunks played, chunks missed, and a bit for each sub-stream on which something came. */
export type Flow = readonly [received: number, played: number, missed: number, substreams: number];

/** The document of the run, as `summary.json`. */
export interface SummaryLine {
  readonly type: 'summary';
  readonly at: Time;
  readonly document: unknown;
}

/** Is told what happens in a run, from outside: it can change nothing. */
export interface Recorder {
  nodeUp(at: Time, info: NodeInfo): void;
  nodeDown(at: Time, node: NodeId, ending: Exclude<Ending, 'present'>): void;
  observe(at: Time, node: NodeId, event: TraceEvent): void;
  /** A second of virtual time is over; `view` answers for the moment, null for a node that is not up. */
  second(at: Time, view: (node: NodeId) => View | null): void;
}
