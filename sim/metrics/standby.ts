import { LIMITS } from '../../core/limits.js';
import type { TicketEvent } from '../../core/trace.js';
import { SECOND, type NodeId, type Time } from '../../core/units.js';

/** Between two looks at all edges. */
const EVERY: Time = 5 * SECOND;

/** Who feeds a viewer on one sub-stream, and who would. */
interface Edge {
  active: NodeId | null;
  standby: NodeId | null;
}

/**
 * How many of the edges that carry media have a standby that would survive the provider: alive, and without a common
 * ancestor below the publisher as the consumers themselves tell it.
 */
export class StandbyCoverage {
  /** Looks at edges, and those that found a standby. */
  edges = 0;
  covered = 0;
  readonly #byNode = new Map<NodeId, Edge[]>();
  #next: Time = EVERY;

  ticket(now: Time, event: TicketEvent): void {
    this.#look(now);
    const edge = this.#edge(event.consumer, event.sub);
    const { provider, from, to } = event;
    if (edge.standby === provider && from === 'standby') edge.standby = null;
    if (edge.active === provider && (from === 'active' || from === 'suspect')) edge.active = null;
    if (to === 'active' || to === 'suspect') edge.active = provider;
    if (to === 'standby') edge.standby = provider;
  }

  nodeDown(now: Time, node: NodeId): void {
    this.#look(now);
    this.#byNode.delete(node);
  }

  #edge(node: NodeId, sub: number): Edge {
    let edges = this.#byNode.get(node);
    if (edges === undefined) this.#byNode.set(node, (edges = []));
    while (edges.length <= sub) edges.push({ active: null, standby: null });
    return edges[sub]!;
  }

  #look(now: Time): void {
    if (now < this.#next) return;
    this.#next = now + EVERY;
    for (const edges of this.#byNode.values()) {
      edges.forEach(({ active, standby }, sub) => {
        if (active === null) return;
        this.edges++;
        if (standby !== null && this.#disjoint(active, standby, sub)) this.covered++;
      });
    }
  }

  #disjoint(active: NodeId, standby: NodeId, sub: number): boolean {
    const ancestors = new Set(this.#way(active, sub) ?? []);
    const others = this.#way(standby, sub);
    return others !== null && !others.some((node) => ancestors.has(node));
  }

  /** From a provider up to below the root; null when it is an orphan itself. */
  #way(from: NodeId, sub: number): NodeId[] | null {
    const way: NodeId[] = [];
    let node: NodeId | null = from;
    while (node !== null && way.length <= LIMITS.depth) {
      const up: Edge | undefined = this.#byNode.get(node)?.[sub];
      // Who consumes nothing is the root of the tree.
      if (this.#byNode.get(node) === undefined) return way;
      way.push(node);
      if (up === undefined || up.active === null) return null;
      node = up.active;
    }
    return way;
  }
}
