import { MS, NEVER, SECOND, type Time } from '../../core/units.js';
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
  readonly recover = new Histogram();
  readonly repair = new Histogram();
  readonly gap = new Histogram();
  voluntary = 0;
  forced = 0;
  spurious = 0;
  falseDetections = 0;

  /** A consumer's own belief about one of its tickets. */
  ticket(viewer: Session, event: TicketEvent, provider: Session | null, now: Time): void {
    const edge = viewer.edge(event.sub);
    if (event.to === 'active') {
      if (provider === null || provider === edge.provider) return;
      edge.provider?.dependents.delete(edge);
      edge.provider = provider;
      edge.suspected = false;
      provider.dependents.add(edge);
      if (!provider.alive) this.#open(edge, provider, now);
      return;
    }
    if (provider !== null && event.from === 'active') this.#noticed(edge, provider, now);
    if (provider !== null && provider === edge.provider && event.to !== 'suspect' && event.to !== 'closing') {
      provider.dependents.delete(edge);
      edge.provider = null;
    }
  }

  provider(viewer: Session, event: ProviderEvent, provider: Session | null, now: Time): void {
    const edge = viewer.edge(event.sub);
    if (provider !== null && provider === edge.provider) edge.suspected = event.change === 'suspected';
    if (provider !== null && event.change !== 'cleared') this.#noticed(edge, provider, now);
    const gone = provider === null || !provider.alive || provider.endedAt !== NEVER;
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

  /** A first copy arrived at a viewer. */
  arrived(edge: Edge, event: ChunkEvent, now: Time): void {
    if (edge.lostAt === NEVER || event.peer === edge.dead?.info.id) return;
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
      if (runEnded && edge.crashed && edge.detectedAt === NEVER && now - edge.diedAt > CENSORED)
        this.detect.add(Infinity);
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
    if (edge.suspected) this.#noticed(edge, provider, now);
  }

  #noticed(edge: Edge, provider: Session, now: Time): void {
    if (!edge.crashed || edge.dead !== provider || edge.detectedAt !== NEVER) return;
    edge.detectedAt = now;
    this.detect.add(now - edge.diedAt);
  }

  #close(edge: Edge): void {
    this.gap.add(edge.gap);
    edge.lostAt = NEVER;
    edge.dead = null;
    edge.crashed = false;
  }
}
