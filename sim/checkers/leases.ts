import type { TicketEvent } from '../../core/trace.js';
import type { NodeId, Time } from '../../core/units.js';

/** One ticket as its provider holds it. */
export interface Lease {
  readonly provider: NodeId;
  readonly consumer: NodeId;
  readonly ticket: number;
  readonly incarnation: number;
  readonly generation: number;
  readonly sub: number;
  expires: Time;
  serving: boolean;
}

/** The tickets of every provider by consumer, few to each, as the providers themselves trace them. */
export class Leases {
  readonly #byProvider = new Map<NodeId, Map<NodeId, Lease[]>>();
  /** The last answer of `serving`, since several checkers ask about the same event. */
  #provider: NodeId | null = null;
  #consumers: Map<NodeId, Lease[]> | undefined;
  #consumer: NodeId | null = null;
  #sub = -1;
  #answer: Lease | null = null;

  /** Applies an event of the provider's side. A ticket serves while active, and while its provider hands it over. */
  update(event: TicketEvent): void {
    this.#provider = null;
    let consumers = this.#byProvider.get(event.provider);
    if (consumers === undefined) this.#byProvider.set(event.provider, (consumers = new Map<NodeId, Lease[]>()));
    let leases = consumers.get(event.consumer);
    if (leases === undefined) consumers.set(event.consumer, (leases = []));
    const index = leases.findIndex((lease) => isOf(lease, event));
    if (event.to === null) {
      if (index >= 0) leases.splice(index, 1);
      if (leases.length === 0) consumers.delete(event.consumer);
      return;
    }
    const serving =
      event.to === 'active' || event.to === 'suspect' || (event.to === 'closing' && event.why === 'leaving');
    const lease = leases[index];
    if (lease === undefined) {
      const { provider, consumer, ticket, incarnation, generation, sub, expires } = event;
      leases.push({ provider, consumer, ticket, incarnation, generation, sub, expires, serving });
    } else {
      lease.expires = event.expires;
      lease.serving = serving;
    }
  }

  /** The serving lease that lasts longest on this edge, or null. */
  serving(provider: NodeId, consumer: NodeId, sub: number): Lease | null {
    if (provider === this.#provider && consumer === this.#consumer && sub === this.#sub) return this.#answer;
    if (provider !== this.#provider) this.#consumers = this.#byProvider.get(provider);
    const leases = this.#consumers?.get(consumer);
    let best: Lease | null = null;
    if (leases !== undefined) {
      for (const lease of leases) {
        if (lease.sub === sub && lease.serving && (best === null || lease.expires > best.expires)) best = lease;
      }
    }
    this.#provider = provider;
    this.#consumer = consumer;
    this.#sub = sub;
    this.#answer = best;
    return best;
  }

  /** The provider's record of this very ticket, or null. */
  find(event: TicketEvent): Lease | null {
    const leases = this.#byProvider.get(event.provider)?.get(event.consumer);
    return leases?.find((lease) => isOf(lease, event)) ?? null;
  }

  forget(provider: NodeId): void {
    this.#provider = null;
    this.#byProvider.delete(provider);
  }
}

/** Whether the event tells of this very ticket; provider and consumer are known to agree. */
function isOf(lease: Lease, event: TicketEvent): boolean {
  const { ticket, incarnation, generation, sub } = event;
  return (
    lease.ticket === ticket && lease.incarnation === incarnation && lease.generation === generation && lease.sub === sub
  );
}
