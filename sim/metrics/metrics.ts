import type { ChunkEvent, ProviderEvent, TicketEvent, TraceEvent } from '../../core/trace.js';
import { NEVER, type NodeId, type Time } from '../../core/units.js';
import { AfterFault, type Mark } from './after-fault.js';
import { Arrivals } from './arrivals.js';
import { Histogram } from './histogram.js';
import { Losses } from './losses.js';
import { Playback } from './playback.js';
import { Pollution } from './pollution.js';
import { Session, type NodeInfo } from './session.js';
import { SourceLog } from './source-log.js';
import { StandbyCoverage } from './standby.js';
import { Supernodes } from './supernodes.js';
import { COLUMN, Timeline } from './timeline.js';

/** The part of a scenario that the figures depend on. */
export interface MetricsOptions {
  readonly bitrate: number;
  readonly chunkTime: Time;
  readonly deadline: Time;
  readonly targetLag: Time;
  /** The most chunks published in one second. */
  readonly chunksPerSecond: number;
  /** Whether the network carries anything between two nodes now; always, unless given. */
  readonly connected?: (a: NodeId, b: NodeId) => boolean;
  /** Delay of the way from one node to another, microseconds; 0 unless given. */
  readonly oneWay?: (from: NodeId, to: NodeId) => Time;
  /** The window of the marked fault. */
  readonly mark?: Mark | null;
}

/**
 * Folds the trace of a run into the figures that every protocol is compared by. It sees trace events and the comings
 * and goings of nodes, nothing else; an event costs a few additions and allocates nothing.
 */
export class Metrics {
  readonly options: MetricsOptions;
  readonly source = new SourceLog();
  readonly arrivals: Arrivals;
  readonly playback: Playback;
  readonly losses: Losses;
  readonly after: AfterFault | null;
  /** How far the picture shown is behind the source, once a keyframe. */
  readonly shownLag = new Histogram();
  readonly timeline = new Timeline();
  readonly standby = new StandbyCoverage();
  readonly supernodes = new Supernodes();
  readonly sessions: Session[] = [];
  /** Payload sent by nodes that do not watch. */
  helpedBytes = 0;
  regionalBytes = 0;
  payloadBytes = 0;
  readonly pollution = new Pollution();
  /** Answers to those who asked for a ticket. */
  offered = 0;
  refused = 0;
  readonly #byId = new Map<NodeId, Session>();
  #lastId: NodeId = '';
  #last: Session | null = null;

  constructor(options: MetricsOptions) {
    this.options = options;
    const { deadline, targetLag, mark = null, oneWay = () => 0 } = options;
    this.after = mark === null ? null : new AfterFault(mark, deadline);
    this.losses = new Losses(oneWay);
    this.arrivals = new Arrivals(this.source, deadline, targetLag, options.chunksPerSecond, this.after);
    this.playback = new Playback(this.source, options.chunkTime, this.after);
  }

  nodeUp(at: Time, info: NodeInfo): void {
    const session = new Session(info, at);
    this.sessions.push(session);
    this.#byId.set(info.id, session);
    this.#lastId = '';
  }

  /** The watch command was given: the viewer counts from here. */
  watched(at: Time, node: NodeId): void {
    const session = this.#byId.get(node);
    if (session === undefined || session.watching || session.endedAt !== NEVER) return;
    session.watching = true;
    session.watchedAt = at;
    this.arrivals.begin(session, at);
    this.timeline.add(at, COLUMN.joins);
    this.timeline.viewers(at, 1);
  }

  /** The leave command was given, or the node crashed; a leaver may linger until `nodeDown`. */
  ended(at: Time, node: NodeId, ending: 'left' | 'crashed'): void {
    const session = this.#byId.get(node);
    if (session === undefined) return;
    if (session.endedAt === NEVER) {
      session.endedAt = at;
      session.ending = ending;
      this.timeline.add(at, ending === 'left' ? COLUMN.leaves : COLUMN.crashes);
      if (session.watching) this.timeline.viewers(at, -1);
      this.#finish(session, at);
      this.supernodes.ended(at, session);
    }
    if (ending === 'crashed') {
      session.alive = false;
      this.standby.nodeDown(at, node);
    }
    this.losses.ended(session, at);
  }

  /** The node does nothing any more. */
  nodeDown(at: Time, node: NodeId): void {
    const session = this.#byId.get(node);
    if (session === undefined || !session.alive) return;
    session.alive = false;
    this.standby.nodeDown(at, node);
    if (session.endedAt === NEVER) this.ended(at, node, 'crashed');
    else this.losses.ended(session, at);
  }

  observe(at: Time, node: NodeId, event: TraceEvent): void {
    const session = node === this.#lastId ? this.#last : this.#find(node);
    if (session === null) return;
    switch (event.type) {
      case 'chunk':
        this.#chunk(at, session, event);
        break;
      case 'ticket':
        this.#ticket(at, session, event);
        break;
      case 'provider':
        this.#provider(at, session, event);
        break;
      case 'refused':
        if (event.what === 'ask') this.refused++;
        break;
      case 'role':
        if (session.endedAt === NEVER) this.supernodes.role(at, session, event);
        break;
      case 'joined':
        if (session.watching && session.ticketAt === NEVER) session.ticketAt = at;
        break;
      default:
    }
  }

  /** The end of the measured time: judges all that is still open. */
  finish(at: Time): void {
    for (const session of this.sessions) if (session.endedAt === NEVER) this.#finish(session, at);
    this.supernodes.finish(at);
  }

  #finish(session: Session, at: Time): void {
    if (session.watching) {
      this.arrivals.finish(session, at);
      this.playback.finish(session);
    }
    this.losses.finish(session, at);
    session.watching = false;
  }

  #find(node: NodeId): Session | null {
    this.#lastId = node;
    this.#last = this.#byId.get(node) ?? null;
    return this.#last;
  }

  #chunk(at: Time, session: Session, event: ChunkEvent): void {
    switch (event.change) {
      case 'received':
      case 'repaired':
        return this.#arrived(at, session, event);
      case 'forwarded':
      case 'answered':
        if (session.watching) session.uploadedBytes += event.size;
        else if (session.info.honest !== false) this.helpedBytes += event.size;
        return;
      case 'duplicate':
        if (session.watching) session.duplicateBytes += event.size;
        this.#travelled(session, event);
        return this.timeline.add(at, COLUMN.duplicates);
      case 'played':
      case 'missed':
        return this.#shown(at, session, event);
      case 'published':
        this.source.publish(at, event.epoch, event.seq, event.size, event.keyframe);
        return this.timeline.add(at, COLUMN.published);
      case 'dropped':
        if (event.why === 'invalid') this.pollution.add(at, session.info.id, event.peer, this.#isHonest(event.peer));
    }
  }

  #isHonest(node: NodeId | null): boolean {
    return node === null || this.#byId.get(node)?.info.honest !== false;
  }

  #arrived(at: Time, session: Session, event: ChunkEvent): void {
    this.timeline.add(at, event.change === 'received' ? COLUMN.received : COLUMN.repaired);
    this.#travelled(session, event);
    if (!session.watching) return;
    session.uniqueBytes += event.size;
    if (event.change === 'received') session.depth = event.depth;
    const number = this.source.find(event.epoch, event.seq);
    const lag = number < 0 ? -1 : this.arrivals.arrive(session, number, at);
    if (lag >= 0) this.timeline.lag(at, lag);
    const edge = session.edge(event.sub);
    if (edge.lostAt === NEVER) return;
    const from = event.peer === null ? null : (this.#byId.get(event.peer) ?? null);
    this.losses.arrived(edge, event, from, at);
  }

  #shown(at: Time, session: Session, event: ChunkEvent): void {
    if (!session.watching) return;
    const number = this.source.find(event.epoch, event.seq);
    if (number < 0) return;
    if (event.change === 'played') {
      this.timeline.add(at, COLUMN.played);
      if (event.keyframe) this.shownLag.add(at - this.source.at(number));
      if (this.playback.played(session, number, at)) this.arrivals.start(session, number, at);
    } else {
      this.timeline.add(at, COLUMN.missed);
      this.playback.missed(session, number, at);
      this.losses.missed(session.edge(event.sub), this.source.at(number), this.options.chunkTime);
    }
  }

  #travelled(session: Session, event: ChunkEvent): void {
    this.payloadBytes += event.size;
    const edge = session.edge(event.sub);
    if (edge.from !== event.peer) {
      edge.from = event.peer;
      const peer = event.peer === null ? undefined : this.#byId.get(event.peer);
      edge.near = peer !== undefined && peer.info.region === session.info.region;
    }
    if (edge.near) this.regionalBytes += event.size;
  }

  #ticket(at: Time, session: Session, event: TicketEvent): void {
    if (event.to === 'offered' && event.provider === session.info.id) this.offered++;
    if (!session.watching || event.consumer !== session.info.id) return;
    this.standby.ticket(at, event);
    this.losses.ticket(session, event, this.#byId.get(event.provider) ?? null, at);
  }

  #provider(at: Time, session: Session, event: ProviderEvent): void {
    if (!session.watching) return;
    if (event.change !== 'cleared') this.timeline.add(at, COLUMN[event.change]);
    const connected = this.options.connected?.(session.info.id, event.provider) ?? true;
    this.losses.provider(session, event, this.#byId.get(event.provider) ?? null, connected, at);
  }
}
