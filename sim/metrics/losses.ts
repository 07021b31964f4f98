import { MS, NEVER, SECOND, type NodeId, type Time } from '../../core/units.js';
import type { ChunkEvent, ProviderEvent, TicketEvent } from '../../core/trace.js';
import { Histogram } from './histogram.js';
import type { Edge, Session } from './session.js';

/** A loss that a run ends in the middle of counts as endless after this time and is set aside before. */
const CENSORED: Time = 10 * SECOND;
/** Chunks that were on their way when the provider ended belong to the loss. */
const IN_FLIGHT: Time = 500 * MS;

/** What the death or leave of a provider costs its consumers, from the end to the detection, recovery and repair. */
export class Losses {
  readonly detect = new Histogram();
  /** The same less the time that the last word of the dead took to arrive. */
  readonly detectBeyondOneWay = new Histogram();
  readonly recover = new Histogram();
  readonly repair = new Histogram();
  readonly gap = new Histogram();
  voluntary = 0;
  forced = 0;
  spurious = 0;
  falseDetections = 0;
  readonly #oneWay: (from: NodeId, to: NodeId) => Time;

  constructor(oneWay: (from: NodeId, to: NodeId) => Time = () => 0) {
    this.#oneWay = oneWay;
  }

  /** A consumer's own belief about one of its tickets; `provider` is the present life of that node. */
  ticket(viewer: Session, event: TicketEvent, provider: Session | null, now: Time): void {
    const edge = viewer.edge(event.sub);
    if (event.to === 'active') {
      if (provider !== null && (provider !== edge.provider || event.incarnation !== edge.incarnation)) {
        adopt(edge, provider);
        if (!provider.alive) this.#open(edge, provider, now);
      }
      edge.ticket = event.ticket;
      edge.incarnation = event.incarnation;
      return;
    }
    if (event.from === 'active') this.#noticed(edge, event.provider, now);
    const current = event.ticket === edge.ticket && event.incarnation === edge.incarnation;
    if (current && edge.provider?.info.id === event.provider && event.to !== 'suspect' && event.to !== 'closing') {
      edge.provider.dependents.delete(edge);
      edge.provider = null;
    }
  }

  /** `connected` says whether the network carries anything between the two. */
  provider(viewer: Session, event: ProviderEvent, provider: Session | null, connected: boolean, now: Time): void {
    const edge = viewer.edge(event.sub);
    if (edge.provider?.info.id === event.provider) edge.suspected = event.change === 'suspected';
    if (event.change !== 'cleared') this.#noticed(edge, event.provider, now);
    const life = edge.last?.info.id === event.provider ? edge.last : provider;
    const gone = life === null || !life.alive || life.endedAt !== NEVER || !connected;
    if (event.change === 'lost' && !gone && (event.why === 'silent' || event.why === 'expired')) this.falseDetections++;
    if (event.change !== 'replaced') return;
    if (event.why === 'improve') this.voluntary++;
    else if (gone || event.why === 'leaving') this.forced++;
    else this.spurious++;
  }

  /** A provider crashed or was told to leave. */
  ended(provider: Session, now: Time): void {
    for (const edge of provider.dependents) {
      if (edge.viewer.watching && edge.viewer !== provider) this.#open(edge, provider, now);
    }
    if (!provider.alive) provider.dependents.clear();
  }

  /** A first copy arrived at a viewer; `from` is the present life of the sender, who may have come back. */
  arrived(edge: Edge, event: ChunkEvent, from: Session | null, now: Time): void {
    if (edge.lostAt === NEVER || from === edge.dead) return;
    if (edge.recoveredAt === NEVER) edge.recoveredAt = now;
    if (event.change === 'received' && edge.repairedAt === NEVER) {
      edge.repairedAt = now;
      this.recover.add(edge.recoveredAt - edge.lostAt);
      this.repair.add(edge.repairedAt - edge.lostAt);
    }
  }

  /** The player of the viewer skipped a chunk that was published at `publishedAt` and lasts `length`. */
  missed(edge: Edge, publishedAt: Time, length: Time): void {
    if (edge.lostAt === NEVER) return;
    if (publishedAt >= edge.lostAt - IN_FLIGHT && publishedAt <= edge.repairedAt) edge.gap += length;
  }

  /** The viewer is gone, or the run is over: what is still open is judged. */
  finish(viewer: Session, now: Time): void {
    const runEnded = viewer.endedAt === NEVER;
    for (const edge of viewer.edges) {
      edge.provider?.dependents.delete(edge);
      edge.provider = null;
      if (edge.lostAt === NEVER) continue;
      if (runEnded && edge.crashed && edge.detectedAt === NEVER && now - edge.diedAt > CENSORED) {
        this.detect.add(Infinity);
        this.detectBeyondOneWay.add(Infinity);
      }
      if (edge.repairedAt === NEVER && edge.recoveredAt !== NEVER) this.recover.add(edge.recoveredAt - edge.lostAt);
      const endless = runEnded && now - edge.lostAt > CENSORED;
      if (endless && edge.recoveredAt === NEVER) this.recover.add(Infinity);
      if (endless && edge.repairedAt === NEVER) this.repair.add(Infinity);
      this.#close(edge);
    }
  }

  /** When the old loss is not repaired yet, one outage goes on: it keeps its beginning. */
  #open(edge: Edge, provider: Session, now: Time): void {
    if (edge.dead === provider && edge.lostAt !== NEVER && edge.repairedAt === NEVER) {
      this.#died(edge, provider, now);
      return;
    }
    if (edge.lostAt !== NEVER && edge.repairedAt !== NEVER) this.#close(edge);
    if (edge.lostAt === NEVER) {
      edge.lostAt = now;
      edge.recoveredAt = NEVER;
      edge.repairedAt = NEVER;
      edge.gap = 0;
    }
    edge.dead = provider;
    edge.crashed = false;
    this.#died(edge, provider, now);
  }

  #died(edge: Edge, provider: Session, now: Time): void {
    if (provider.alive || edge.crashed) return;
    edge.crashed = true;
    edge.diedAt = now;
    edge.detectedAt = NEVER;
    if (edge.suspected) this.#noticed(edge, provider.info.id, now);
  }

  #noticed(edge: Edge, provider: NodeId, now: Time): void {
    if (!edge.crashed || edge.dead?.info.id !== provider || edge.detectedAt !== NEVER) return;
    edge.detectedAt = now;
    this.detect.add(now - edge.diedAt);
    const oneWay = this.#oneWay(provider, edge.viewer.info.id);
    this.detectBeyondOneWay.add(Math.max(0, now - edge.diedAt - oneWay));
  }

  #close(edge: Edge): void {
    this.gap.add(edge.gap);
    edge.lostAt = NEVER;
    edge.dead = null;
    edge.crashed = false;
  }
}

function adopt(edge: Edge, provider: Session): void {
  edge.provider?.dependents.delete(edge);
  edge.provider = provider;
  edge.last = provider;
  edge.suspected = false;
  provider.dependents.add(edge);
}
