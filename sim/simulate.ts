import type { Vouch } from '../core/directory.js';
import type { Crypto, Machine, Rng } from '../core/machine.js';
import type { Command } from '../core/message.js';
import type { Protocol } from '../core/protocol.js';
import type { TraceEvent } from '../core/trace.js';
import type { NodeId, Time } from '../core/units.js';
import type { View } from '../core/view.js';
import type { Behaviour } from './behaviours.js';
import type { Part, Violation, Verdict } from './checkers/checker.js';
import type { Region } from './geography.js';
import type { CheckLevel } from './checkers/panel.js';
import type { InputRecord } from './inputs.js';
import type { MetricTree } from './metrics/summary.js';
import type { ViewerTable } from './metrics/viewer-table.js';
import type { TimelineColumn } from './metrics/timeline.js';
import type { Recorder } from './recording.js';
import type { Scenario } from './scenario/shape.js';
import { Simulation } from './simulation.js';

/** What a simulation needs to know of a protocol. */
export interface Contender<M extends { readonly type: string }> {
  readonly protocol: Protocol<M, Command, View>;
  /** The machine behind which nodes find each other; null for a protocol that needs none. It sends nobody where `vouch` says no. */
  readonly createDirectory: ((rng: Rng, crypto: Crypto, vouch: Vouch) => Machine<M, never, unknown>) | null;
  /** Nodes that are run for the publisher's benefit and watch nothing; none unless given. */
  readonly helpers?: (scenario: Scenario, publisher: Region) => readonly Helper<M>[];
  /**
   * The machine of a node that misbehaves for as long as `active` says so. Nodes of a protocol that has none run like
   * honest ones, but for the uplink that they claim.
   */
  readonly misbehave?: (
    behaviour: Behaviour,
    machine: Machine<M, Command, View>,
    active: () => boolean,
  ) => Machine<M, Command, View>;
  /** Parts of the trace that this protocol never produces; checkers that live on them answer "not applicable". */
  readonly lacks?: readonly Part[];
}

/** A node beside publisher and viewers; its bytes count as the publisher's. Rates in bits per second. */
export interface Helper<M> {
  readonly id: NodeId;
  readonly region: Region;
  readonly uplink: number;
  readonly downlink: number;
  readonly create: Protocol<M, Command, View>['create'];
}

export interface SimulateOptions<M extends { readonly type: string }> extends Contender<M> {
  readonly seed: number;
  /** Level of checking; the scenario's own unless given. */
  readonly check?: CheckLevel;
  /** Written into the document. */
  readonly version?: string;
  readonly trace?: (at: Time, node: NodeId, event: TraceEvent) => void;
  /** Called with every input that a machine handles, before it does. */
  readonly inputs?: (record: InputRecord) => void;
  /** What is to be hosted in place of each machine of a peer, such as a witness of it; `make` makes one, each time anew. */
  readonly between?: <N>(id: NodeId, make: () => Machine<N, Command, View>) => Machine<N, Command, View>;
  /** Keeps what a picture of the run needs. */
  readonly recorder?: Recorder;
  /** Called every second of virtual time. */
  readonly onProgress?: (now: Time, end: Time) => void;
  /** Stacks instead of messages where a machine throws. */
  readonly debug?: boolean;
}

/** What a run is reported as: `astral sim --json` but for the figures that only a wall clock can give. */
export interface SimDocument {
  readonly schema: 'astral.sim/1';
  readonly version: string;
  readonly scenario: string;
  readonly protocol: string;
  readonly seed: number;
  /** Number of viewers that the arrivals keep. */
  readonly nodes: number;
  readonly metrics: MetricTree;
  readonly violations: readonly Violation[];
  readonly checks: Readonly<Record<string, { readonly verdict: Verdict; readonly count: number }>>;
  readonly digest: string;
  readonly run: {
    /** Inputs handled by machines. */
    readonly events: number;
    readonly virtualMs: number;
    /** Time that nodes were up, summed over nodes. */
    readonly nodeSeconds: number;
    readonly eventsPerNodeSecond: number;
  };
}

export interface SimResult {
  readonly document: SimDocument;
  readonly viewers: ViewerTable;
  readonly timeline: Readonly<Record<TimelineColumn, Float64Array>>;
  /** `digests[i]` covers the first `(i + 1) * digestEvery` events, so that two runs can be compared piece by piece. */
  readonly digests: readonly string[];
  readonly digestEvery: number;
}

/**
 * Runs a scenario under a protocol. Equal scenario, protocol, seed and version give an equal document, whatever is
 * checked and traced.
 */
export function simulate<M extends { readonly type: string }>(
  scenario: Scenario,
  options: SimulateOptions<M>,
): SimResult {
  return new Simulation(scenario, options).finish();
}

/** Number of events after which two runs are known to differ, and what they were there; null for equal digests. */
export function firstDifference(
  a: SimResult,
  b: SimResult,
): { events: number; digests: readonly [string, string] } | null {
  if (a.document.digest === b.document.digest) return null;
  const length = Math.min(a.digests.length, b.digests.length);
  for (let index = 0; index < length; index++) {
    const [left, right] = [a.digests[index]!, b.digests[index]!];
    if (left !== right) return { events: (index + 1) * a.digestEvery, digests: [left, right] };
  }
  return { events: (length + 1) * a.digestEvery, digests: [a.document.digest, b.document.digest] };
}
