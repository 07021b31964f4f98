import { Deadlines } from '../../../core/deadlines.js';
import { LIMITS } from '../../../core/limits.js';
import type { Contact, Deadline, Effects, Input, Machine } from '../../../core/machine.js';
import { SECOND, type NodeId, type Time } from '../../../core/units.js';
import type { Load, Message } from './messages.js';

/** An edge that was not heard of for this long is no longer named. */
const FORGOTTEN: Time = 5 * SECOND;
const SWEEP: Time = SECOND;

interface Edge {
  readonly contact: Contact;
  readonly site: number;
  clients: number;
  room: number;
  heardAt: Time;
}

export interface RouterView {
  readonly edges: readonly {
    readonly contact: Contact;
    readonly site: number;
    readonly clients: number;
    readonly heardAt: Time;
  }[];
}

/** Names to each viewer an edge at every site, as the name servers of a delivery network do, and spreads the viewers of a site. */
export class Router implements Machine<Message, never, RouterView> {
  readonly #edges = new Map<NodeId, Edge>();
  readonly #deadlines = new Deadlines(['sweep']);

  constructor() {
    this.#deadlines.set('sweep', SWEEP);
  }

  handle(now: Time, input: Input<Message, never>, effects: Effects<Message>): void {
    if (input.type === 'message' && input.message.type === 'load') this.#onLoad(now, input.from, input.message);
    if (input.type === 'message' && input.message.type === 'route') {
      effects.send(input.from, { type: 'routed', edges: this.#best() });
    }
    if (this.#deadlines.take(now) === null) return;
    for (const [node, edge] of this.#edges) if (edge.heardAt + FORGOTTEN <= now) this.#edges.delete(node);
    this.#deadlines.set('sweep', now + SWEEP);
  }

  nextDeadline(): Deadline | null {
    return this.#deadlines.first;
  }

  view(): RouterView {
    const shown = ({ contact, site, clients, heardAt }: Edge) => ({ contact, site, clients, heardAt });
    return { edges: [...this.#edges.values()].map(shown) };
  }

  restore(view: RouterView): void {
    for (const { contact, site, clients, heardAt } of view.edges) {
      if (contact.node !== null) this.#edges.set(contact.node, { contact, site, clients, room: 0, heardAt });
    }
  }

  #onLoad(now: Time, node: NodeId, { address, site, clients, room }: Load): void {
    const known = this.#edges.get(node);
    if (known === undefined && this.#edges.size >= LIMITS.peersPublisher) return;
    this.#edges.set(node, { contact: { node, address }, site, clients, room, heardAt: now });
  }

  /** One edge a site, since the viewer knows best which site is near. */
  #best(): Contact[] {
    const best = new Map<number, Edge>();
    for (const edge of this.#edges.values()) {
      const other = best.get(edge.site);
      if (edge.room > 0 && (other === undefined || edge.clients < other.clients)) best.set(edge.site, edge);
    }
    return [...best.values()].slice(0, LIMITS.referral).map(({ contact }) => contact);
  }
}
