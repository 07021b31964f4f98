import { keep } from '../core/session/duplicates.js';
import type { NodeId } from '../core/units.js';
import { DIAL_TIMEOUT_MS } from './transport.js';

/** What the rivalry of two connections to one peer turns on. */
export interface Rival {
  readonly dialled: boolean;
  /** Incarnation of the peer. */
  readonly incarnation: number;
  /** Milliseconds. */
  readonly createdAt: number;
}

/**
 * What becomes of a second connection to a peer.
 * - `refuse`: the first one stays, the second ends.
 * - `replace`: the peer has started anew or lost the first one without our knowing; that one ends.
 * - `merge-first`, `merge-second`: both ends dialled at once. The named one stays, the other is drained, and neither
 *   machine notices.
 */
export type Rivalry = 'refuse' | 'replace' | 'merge-first' | 'merge-second';

/** Both ends come to the same answer, whichever connection each of them saw first. */
export function rivalry(self: NodeId, peer: NodeId, first: Rival, second: Rival): Rivalry {
  const dialler = (rival: Rival): NodeId => (rival.dialled ? self : peer);
  const kept = keep(
    { dialler: dialler(first), incarnation: first.incarnation },
    { dialler: dialler(second), incarnation: second.incarnation },
  );
  if (first.incarnation !== second.incarnation) return kept === 'fresh' ? 'replace' : 'refuse';
  if (first.dialled === second.dialled) return second.dialled ? 'refuse' : 'replace';
  // Who dials after the time of a handshake has lost the first connection, which only we believe to stand.
  if (second.createdAt - first.createdAt >= DIAL_TIMEOUT_MS) return second.dialled ? 'refuse' : 'replace';
  return kept === 'fresh' ? 'merge-second' : 'merge-first';
}
