import type { Manifest } from './chunk.js';
import { Dealing } from './delivery/dealing.js';
import { Substreams } from './delivery/substreams.js';
import { ChunkWindow } from './delivery/window.js';
import { LIMITS } from './limits.js';
import type { KeyPair } from './machine.js';
import { Candidates } from './membership/candidates.js';
import { Player, type PlayerSink } from './playback/player.js';
import { SourceClock } from './playback/source-clock.js';
import type { Ticket } from './tickets/ticket.js';
import { SECOND, type NodeId, type StreamId, type Time } from './units.js';
import type { PathView } from './view.js';

/** After each such time a search asks more seldom. */
const WEARYING = 4 * SECOND;

/** A publisher's own bookkeeping. */
export interface Publishing {
  readonly key: KeyPair;
  nextSeq: number;
  nextFragment: number;
  readonly began: Time;
}

/** An ask that is not answered yet. */
export interface PendingAsk {
  subs: number;
  readonly at: Time;
}

/** An open question for a standby. */
interface StandbyAsk {
  readonly peer: NodeId;
  readonly sub: number;
  readonly at: Time;
}

/** A pull that is not answered yet. */
export interface PendingPull {
  peer: NodeId;
  at: Time;
  tries: number;
}

/** Everything a node knows about one stream. The parts that act on it stand in `tickets/` and `delivery/`. */
export class Stream {
  readonly id: StreamId;
  manifest: Manifest | null = null;
  publishing: Publishing | null = null;
  watching = false;
  joined = false;
  readonly window = new ChunkWindow();
  readonly clock = new SourceClock();
  readonly candidates: Candidates;
  readonly player: Player;
  /** What the player tells goes here. */
  sink: PlayerSink | null = null;
  dealing = Dealing.of(1, 0);
  subs = new Substreams(0);
  /** Active (or suspect) ticket as consumer, by sub-stream. */
  inbound: (Ticket | null)[] = [];
  /** Standby ticket as consumer, by sub-stream; those being woken as a bit set, and since when. */
  standby: (Ticket | null)[] = [];
  waking = 0;
  /** Those of them that have answered, but not with a feasible beat. */
  behind = 0;
  wokenAt: Time[] = [];
  /** The search for standbys: the open question, when to ask next and for which sub-stream first, whom not to ask. */
  standbyAsk: StandbyAsk | null = null;
  nextStandby: Time = 0;
  standbyTurn = 0;
  /** Rounds of renewals so far. */
  renewals = 0;
  readonly standbyRefused = new Map<NodeId, Time>();
  /** Standby tickets as provider. */
  readonly spares: Ticket[] = [];
  /** Tickets as provider, by sub-stream: offered and active, highest rank first. */
  outbound: Ticket[][] = [];
  /** Bit set of the sub-streams relayed by preference. */
  interior = 0;
  #remembered: readonly PathView[] = [];
  #rememberedEpoch = -1;
  readonly asks = new Map<NodeId, PendingAsk>();
  readonly dials = new Map<NodeId, Time>();
  readonly pulls = new Map<number, PendingPull>();
  lastFind: Time = -Infinity;
  /** Since when some sub-stream has been sought, Infinity while none is, and refusals since then. */
  soughtSince: Time = Infinity;
  refusals = 0;
  /** Whether that search takes any slot, wherever it is. */
  urgent = false;
  /** Bit set of the sub-streams whose provider has announced its leave. */
  moving = 0;
  /** Bit set of the sub-streams for which a provider nearer to the publisher is looked for. */
  improving = 0;
  improveRounds = 0;
  /** No edge can have become silent before these times: the next look at providers, the next tick to consumers. */
  nextWatch: Time = 0;
  nextTick: Time = 0;
  #newestHeard = -1;

  constructor(id: StreamId, self: NodeId, targetLag: Time) {
    this.id = id;
    this.candidates = new Candidates(self);
    this.player = new Player(this.window, this.clock, targetLag);
  }

  /** Takes a verified manifest: a new one, or one of a later epoch that starts everything afresh. */
  adopt(manifest: Manifest): void {
    const count = manifest.substreams;
    const fresh = this.manifest === null;
    this.manifest = manifest;
    this.dealing = Dealing.of(count, manifest.epoch);
    if (fresh) {
      this.subs = new Substreams(count);
      this.inbound = Array.from({ length: count }, () => null);
      this.standby = Array.from({ length: count }, () => null);
      this.outbound = Array.from({ length: count }, () => []);
      if (manifest.epoch !== this.#rememberedEpoch) return;
      for (const { sub, seq, depth } of this.#remembered)
        if (sub < count) this.subs.raise(sub, manifest.epoch, seq, depth);
      return;
    }
    this.window.clear();
    this.#newestHeard = -1;
    this.clock.reset();
    this.pulls.clear();
    this.player.restart();
  }

  /** Keeps the beats of an earlier life until the manifest tells whether they still bind. */
  remember(epoch: number, paths: readonly PathView[]): void {
    this.#rememberedEpoch = epoch;
    this.#remembered = paths;
  }

  /**
   * How many times as long as at first one waits between questions, in a search that has gone on until now: where all are
   * full, questions and refusals would take the uplink that is wanting.
   */
  weariness(now: Time, most: number): number {
    const waited = Math.max(0, now - this.soughtSince);
    return Math.min(most, 1 + Math.floor(waited / WEARYING));
  }

  /** Highest sequence number that a neighbour spoke of, as far as it is believable. */
  get newestHeard(): number {
    return this.#newestHeard;
  }

  /** A neighbour has this chunk. What lies beyond a window's length ahead of what we hold is not believed. */
  hear(seq: number): void {
    const newest = this.window.newest;
    if (newest >= 0 && seq > this.#newestHeard && seq <= newest + LIMITS.windowChunks) this.#newestHeard = seq;
  }

  get epoch(): number {
    return this.manifest?.epoch ?? -1;
  }

  /** Whether this node waits for a provider of the sub-stream, or its provider does. */
  starves(sub: number): boolean {
    if (this.publishing !== null) return false;
    const ticket = this.inbound[sub] ?? null;
    return ticket === null || ticket.hopeless || this.subs.providerStarving(sub) > 0;
  }

  get substreams(): number {
    return this.inbound.length;
  }

  /** Bits per second of one slot: the share of one sub-stream with the headers of its chunks and of their transport. */
  get slotRate(): number {
    const manifest = this.manifest;
    return manifest === null ? 0 : Math.ceil((manifest.bitrate / manifest.substreams) * 1.08);
  }
}
