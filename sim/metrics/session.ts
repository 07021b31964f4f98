import { NEVER, type NodeId, type Time } from '../../core/units.js';

/** What a run knows about a node before it starts. */
export interface NodeInfo {
  readonly id: NodeId;
  readonly kind: 'viewer' | 'publisher' | 'directory' | 'helper';
  /** Bits per second lent to the overlay. */
  readonly uplink: number;
  /** Number of its region in the geography. */
  readonly region: number;
  /** Whether it does what the protocol asks for; so it is unless told. */
  readonly honest?: boolean;
  /** Whether others can dial it; so they can unless told. */
  readonly reachable?: boolean;
  /** Whom it may turn to when it knows nobody. */
  readonly ways?: readonly NodeId[];
}

export type Ending = 'present' | 'left' | 'crashed';

/**
 * What happened on one sub-stream between a viewer and its provider. `NEVER` stands for "not yet"; `lostAt` is NEVER
 * while no loss is open.
 */
export class Edge {
  readonly viewer: Session;
  provider: Session | null = null;
  /** The active ticket: the same node may offer another one after a restart. */
  ticket = -1;
  incarnation = -1;
  /** The last active provider, kept after the ticket ended, as the life it was in then. */
  last: Session | null = null;
  suspected = false;
  /** Who sent the last chunk, and whether from the same region: the next one mostly comes the same way. */
  from: NodeId | null = null;
  near = false;
  /** The provider whose end is being measured, and when it ended. */
  dead: Session | null = null;
  lostAt: Time = NEVER;
  diedAt: Time = NEVER;
  crashed = false;
  detectedAt: Time = NEVER;
  recoveredAt: Time = NEVER;
  repairedAt: Time = NEVER;
  /** Chunks published from `lostAt` to `repairedAt` that the player missed: how much media time that was. */
  gap: Time = 0;

  constructor(viewer: Session) {
    this.viewer = viewer;
  }
}

const NO_RING = new Int32Array(0);
const NO_COUNTS = new Float64Array(0);

/** One node from its start to its end: a fixed set of counters, so that an event costs a few additions. */
export class Session {
  readonly info: NodeInfo;
  readonly bornAt: Time;
  /** True between the watch command and the leave or crash. */
  watching = false;
  watchedAt: Time = NEVER;
  ticketAt: Time = NEVER;
  endedAt: Time = NEVER;
  ending: Ending = 'present';
  alive = true;

  /** Lag of each recent chunk by number modulo its length, -1 while absent. */
  ring: Int32Array = NO_RING;
  /** First chunk not judged yet. */
  next = 0;
  /** Number of the first chunk shown; -1 before. */
  first = -1;
  intact = false;
  /** Per deadline: chunks due, and those among them complete in time. */
  due: Float64Array = NO_COUNTS;
  onTime: Float64Array = NO_COUNTS;
  decodable = 0;
  dueBytes = 0;

  /** First chunk shown of the start that counts; NEVER while there is none. */
  startedAt: Time = NEVER;
  played = 0;
  missed = 0;
  missRunFrom = -1;
  missRunTo = -1;
  stalls = 0;
  stallTime: Time = 0;
  stallMax: Time = 0;

  uniqueBytes = 0;
  duplicateBytes = 0;
  /** Payload sent while watching. */
  uploadedBytes = 0;
  /** Lags of the chunks published since its join, summed and counted. */
  lagSum: Time = 0;
  lagCount = 0;
  depth = -1;

  readonly edges: Edge[] = [];
  /** Edges of viewers whose active provider this is. */
  readonly dependents = new Set<Edge>();

  constructor(info: NodeInfo, bornAt: Time) {
    this.info = info;
    this.bornAt = bornAt;
  }

  /** The edge of one sub-stream. */
  edge(sub: number): Edge {
    while (this.edges.length <= sub) this.edges.push(new Edge(this));
    return this.edges[sub]!;
  }

  /** Time spent watching until `now`. */
  watchedFor(now: Time): Time {
    return this.watchedAt === NEVER ? 0 : Math.max(0, Math.min(this.endedAt, now) - this.watchedAt);
  }
}
