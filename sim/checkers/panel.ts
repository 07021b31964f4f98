import { DEFAULTS } from '../../core/config.js';
import type { TraceEvent } from '../../core/trace.js';
import type { NodeId, Time } from '../../core/units.js';
import type { NodeInfo } from '../metrics/session.js';
import {
  violation,
  type Checker,
  type FaultNote,
  type Part,
  type Report,
  type Snapshot,
  type Verdict,
  type Violation,
} from './checker.js';
import { joined } from './l05-join.js';
import { merged } from './l07-merge.js';
import { gracefulLeave } from './l09-graceful-leave.js';
import { delivered } from './l02-delivery.js';
import { reattached } from './l01-reattach.js';
import { Leases } from './leases.js';
import { acyclic } from './s01-acyclic.js';
import { identity } from './s02-identity.js';
import { capacity } from './s03-capacity.js';
import { offersBounded } from './s04-offers.js';
import { atMostOne } from './s05-at-most-one.js';
import { agreement } from './s06-agreement.js';
import { leaseHeld } from './s07-lease.js';
import { mediaHasReason } from './s10-media-reason.js';
import { registryTrue, type RecordTerms } from './s11-registry.js';
import { promotionJustified, type SupernodeTerms } from './s12-promotion.js';
import { noEviction } from './s13-eviction.js';
import { playerInOrder } from './s16-player.js';
import { depthHeld } from './s19-depth.js';
import { shutdown } from './s24-shutdown.js';
import { renewedInTime, type LeaseTerms } from './s26-renewals.js';

export type CheckLevel = 'off' | 'cheap' | 'all';

/** What nodes of the run are told, as far as they are held to it. */
export type Terms = LeaseTerms & RecordTerms & SupernodeTerms;

type Observe = NonNullable<Checker['observe']>;

/** Violations kept per invariant; the others are counted. */
const KEPT = 20;

interface Entry {
  readonly invariant: string;
  readonly about: string;
  /** Constant time an event. */
  readonly cheap: boolean;
  readonly create: (report: Report, leases: Leases, terms: Terms) => Checker;
}

/** Every checker there is, in the order of the catalogue. */
export const CHECKERS: readonly Entry[] = [
  { invariant: 'S1', about: 'active edges of a sub-stream form no cycle', cheap: false, create: acyclic },
  { invariant: 'S2', about: 'one live node an id, a new incarnation for each life', cheap: false, create: identity },
  { invariant: 'S3', about: 'nobody promises more than the uplink it lends', cheap: true, create: capacity },
  {
    invariant: 'S4',
    about: 'few offers, none beyond its time, none that displaces',
    cheap: false,
    create: offersBounded,
  },
  { invariant: 'S5', about: 'one active ticket per sub-stream, two for a moment', cheap: true, create: atMostOne },
  { invariant: 'S6', about: 'both ends of a ticket agree on it', cheap: false, create: agreement },
  { invariant: 'S7', about: 'no service after the lease; the consumer gives up first', cheap: true, create: leaseHeld },
  { invariant: 'S10', about: 'no media without a ticket', cheap: true, create: mediaHasReason },
  { invariant: 'S11', about: 'the dead leave the directory', cheap: false, create: registryTrue },
  { invariant: 'S12', about: 'no more supernodes than are of use', cheap: false, create: promotionJustified },
  { invariant: 'S13', about: 'nobody is struck off on the word of one', cheap: false, create: noEviction },
  { invariant: 'S16', about: 'played in order, once, and genuine', cheap: true, create: playerInOrder },
  { invariant: 'S19', about: 'one hop deeper than the provider, down to the bound', cheap: true, create: depthHeld },
  { invariant: 'S24', about: 'who leaves tells its consumers, then is silent', cheap: false, create: shutdown },
  { invariant: 'S26', about: 'each ticket that is lived off is renewed in time', cheap: false, create: renewedInTime },
  { invariant: 'L1', about: 'in quiet times whoever can have a provider has one', cheap: false, create: reattached },
  { invariant: 'L2', about: 'in quiet times whoever is attached is up to date', cheap: false, create: delivered },
  { invariant: 'L5', about: 'in quiet times who comes has a supernode within 5 s', cheap: false, create: joined },
  { invariant: 'L7', about: 'after a partition one overlay, and everybody fed', cheap: false, create: merged },
  { invariant: 'L9', about: 'in quiet times who leaves hands its consumers over', cheap: false, create: gracefulLeave },
];

/** Runs the checkers of a level side by side and collects what they find. */
export class Panel {
  readonly violations: Violation[] = [];
  readonly #checkers: readonly Checker[];
  /** Those that the protocol can be held to. */
  readonly #asked: readonly Checker[];
  readonly #observers: readonly Checker[];
  readonly #byType = new Map<TraceEvent['type'], readonly Observe[]>();
  #ofChunks: readonly Observe[] | null = null;
  readonly #leases = new Leases();
  readonly #counts = new Map<string, number>();
  /** Which parts the trace has shown so far. */
  readonly #seen: Record<Part, boolean> = {
    ticket: false,
    chunk: false,
    player: false,
    supernode: false,
    registry: false,
    view: false,
  };
  /** Nothing is demanded of them, nor of what honest nodes have with them. */
  readonly #adversaries = new Set<NodeId>();

  /**
   * @param lacks parts that the protocol under test does not have
   * @param terms what the nodes of the run are told about leases, records and supernodes
   */
  constructor(level: CheckLevel, lacks: readonly Part[] = [], terms: Terms = DEFAULTS) {
    const entries = CHECKERS.filter(({ cheap }) => level === 'all' || (level === 'cheap' && cheap));
    this.#checkers = entries.map(({ invariant, create }) =>
      create((at, nodes, detail) => this.report(invariant, at, nodes, detail), this.#leases, terms),
    );
    this.#asked = this.#checkers.filter((checker) => !checker.needs.some((part) => lacks.includes(part)));
    this.#observers = this.#asked.filter((checker) => checker.observe !== undefined);
  }

  /** Adds a finding; also used for what the simulation itself notices, such as a machine that throws. */
  report(invariant: string, at: Time, nodes: readonly NodeId[], detail: string): void {
    if (this.#adversaries.size > 0 && nodes.some((node) => this.#adversaries.has(node))) return;
    const count = (this.#counts.get(invariant) ?? 0) + 1;
    this.#counts.set(invariant, count);
    if (count <= KEPT) this.violations.push(violation(invariant, at, nodes, detail));
  }

  nodeUp(at: Time, info: NodeInfo): void {
    if (info.honest === false) this.#adversaries.add(info.id);
    for (const checker of this.#checkers) checker.nodeUp?.(at, info);
  }

  nodeDown(at: Time, node: NodeId): void {
    this.#leases.forget(node);
    for (const checker of this.#checkers) checker.nodeDown?.(at, node);
  }

  observe(at: Time, node: NodeId, event: TraceEvent): void {
    if (this.#observers.length === 0) return;
    const { type } = event;
    if (type === 'chunk') {
      if (event.change === 'played') this.#seen.player = true;
      else this.#seen.chunk = true;
    } else if (type === 'ticket') {
      this.#seen.ticket = true;
      if (node === event.provider) this.#leases.update(event);
    } else if (type === 'role') this.#seen.supernode = true;
    else if (type === 'listed') this.#seen.registry = true;
    for (const observe of this.#observersOf(type)) observe(at, node, event);
  }

  /** Most checkers look at one kind of events, and chunks are by far the most. */
  #observersOf(type: TraceEvent['type']): readonly Observe[] {
    if (type === 'chunk' && this.#ofChunks !== null) return this.#ofChunks;
    const known = this.#byType.get(type);
    if (known !== undefined) return known;
    const observers = this.#observers.flatMap(({ sees, observe }) =>
      observe !== undefined && (sees === undefined || sees.includes(type)) ? [observe] : [],
    );
    this.#byType.set(type, observers);
    if (type === 'chunk') this.#ofChunks = observers;
    return observers;
  }

  resumed(at: Time, node: NodeId): void {
    for (const checker of this.#checkers) checker.resumed?.(at, node);
  }

  leaving(at: Time, node: NodeId): void {
    for (const checker of this.#checkers) checker.leaving?.(at, node);
  }

  fault(at: Time, fault: FaultNote): void {
    for (const checker of this.#checkers) checker.fault?.(at, fault);
  }

  halfLeft(at: Time, snapshot: Snapshot): void {
    for (const checker of this.#checkers) checker.halfLeft?.(at, snapshot);
  }

  left(at: Time, snapshot: Snapshot): void {
    for (const checker of this.#checkers) checker.left?.(at, snapshot);
  }

  arrived(at: Time, snapshot: Snapshot): void {
    for (const checker of this.#asked) checker.arrived?.(at, snapshot);
  }

  calm(at: Time): void {
    for (const checker of this.#asked) checker.calm?.(at);
  }

  quiet(at: Time, snapshot: Snapshot): void {
    if ([...snapshot.views.values()].some((view) => view.streams.length > 0)) this.#seen.view = true;
    for (const checker of this.#asked) checker.quiet?.(at, snapshot);
  }

  finish(at: Time): void {
    for (const checker of this.#asked) checker.finish?.(at);
  }

  /** Whether liveness is to be demanded at all. */
  get wantsQuiet(): boolean {
    return this.#asked.some((checker) => checker.quiet !== undefined);
  }

  /** Whether anybody looks at nodes that come when all is quiet. */
  get wantsArrivals(): boolean {
    return this.#asked.some((checker) => checker.arrived !== undefined);
  }

  /** What became of each invariant, and how often it was broken. */
  verdicts(): Record<string, { verdict: Verdict; count: number }> {
    const entries = this.#checkers.map((checker) => {
      const count = this.#counts.get(checker.invariant) ?? 0;
      const applies = checker.needs.every((part) => this.#seen[part]);
      const verdict: Verdict = count > 0 ? 'violated' : applies ? 'held' : 'not applicable';
      return [checker.invariant, { verdict, count }] as const;
    });
    const others = [...this.#counts].filter(([name]) => !this.#checkers.some((each) => each.invariant === name));
    return Object.fromEntries([
      ...entries,
      ...others.map(([name, count]) => [name, { verdict: 'violated', count }] as const),
    ]);
  }
}
