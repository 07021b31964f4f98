import type { TraceEvent } from '../../core/trace.js';
import { MS, type NodeId, type Time } from '../../core/units.js';
import type { View } from '../../core/view.js';
import type { FaultKind } from '../faults.js';
import type { NodeInfo } from '../metrics/session.js';

/** A broken invariant. `at` is milliseconds of virtual time. */
export interface Violation {
  readonly invariant: string;
  readonly at: number;
  readonly nodes: readonly NodeId[];
  readonly detail: string;
}

export type Report = (at: Time, nodes: readonly NodeId[], detail: string) => void;

/** The parts of a trace that a checker lives on; without any of them it answers "not applicable". */
export type Part = 'ticket' | 'chunk' | 'player' | 'supernode' | 'registry' | 'view';

/** What a checker may look at when it is asked about the whole network. */
export interface Snapshot {
  /** Nodes that live, watch and were not told to leave; and whoever else lives. */
  readonly viewers: readonly NodeId[];
  readonly views: ReadonlyMap<NodeId, View>;
  /** Those whom nobody can dial; none unless given. */
  readonly unreachable?: ReadonlySet<NodeId>;
}

/**
 * One family of invariants: a pure fold over trace events, outside of the protocol. All honest nodes are judged.
 */
export interface Checker {
  readonly invariant: string;
  readonly needs: readonly Part[];
  /** The kinds of events that `observe` is shown; all, unless given. */
  readonly sees?: readonly TraceEvent['type'][];
  nodeUp?(at: Time, info: NodeInfo): void;
  nodeDown?(at: Time, node: NodeId): void;
  /** Called without its object. */
  readonly observe?: (at: Time, node: NodeId, event: TraceEvent) => void;
  /** The node goes on after it stood still. */
  resumed?(at: Time, node: NodeId): void;
  /** The node was told to leave. */
  leaving?(at: Time, node: NodeId): void;
  /** A fault strikes, or is over. */
  fault?(at: Time, fault: FaultNote): void;
  /** Faults and churn are over: from now on nothing befalls anybody. */
  calm?(at: Time): void;
  /** Everything had time to settle: liveness is due. */
  quiet?(at: Time, snapshot: Snapshot): void;
  /** The node that was told to leave after `quiet` has had half of the time for it. */
  halfLeft?(at: Time, snapshot: Snapshot): void;
  /** The node that was told to leave after `quiet` has had the time for it. */
  left?(at: Time, snapshot: Snapshot): void;
  /** The nodes that came after `quiet` have had the time to find their place. */
  arrived?(at: Time, snapshot: Snapshot): void;
  finish?(at: Time): void;
}

/** What checkers learn of a fault. */
export interface FaultNote {
  readonly kind: FaultKind;
  readonly phase: 'begin' | 'end';
  readonly nodes: readonly NodeId[];
}

export type Verdict = 'held' | 'violated' | 'not applicable';

/** A violation as the documents show it. */
export function violation(invariant: string, at: Time, nodes: readonly NodeId[], detail: string): Violation {
  return { invariant, at: at / MS, nodes, detail };
}
