import type { NodeId } from '../units.js';

/** What both ends know about a connection between them. */
export interface Connection {
  /** The node that opened it. */
  readonly dialler: NodeId;
  /** Incarnation of the other end. */
  readonly incarnation: number;
}

/**
 * Which of two open connections to one peer stays. A restarted peer replaces its former self and a former self replaces
 * nobody. When both ends dialled at once, the connection of the lower id stays, so that both decide alike whatever order
 * they see. When one end dialled twice it has given up its first connection, so the later one stays.
 */
export function keep(held: Connection, fresh: Connection): 'held' | 'fresh' {
  if (held.incarnation !== fresh.incarnation) return fresh.incarnation > held.incarnation ? 'fresh' : 'held';
  return fresh.dialler <= held.dialler ? 'fresh' : 'held';
}
