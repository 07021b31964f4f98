import { DEFAULTS } from '../../core/config.js';
import { SECOND, type NodeId, type Time } from '../../core/units.js';
import type { View } from '../../core/view.js';
import type { Checker, Report, Snapshot } from './checker.js';

/** From the start, or from the loss of a supernode, to the next one. */
const JOIN: Time = 5 * SECOND;
/** A child notices within this time that its supernode is none any longer: the lease, and a renewal to look at it. */
const NOTICE: Time = DEFAULTS.registerLease + DEFAULTS.registerEvery + SECOND / 2;

/**
 * L5: once all is quiet, a node of which a bootstrap contact is up is a supernode, or is registered with one that knows
 * of it, within 5 s of its start. Whose supernode ends has the time to notice and again 5 s. Nodes that come when all
 * is quiet are held to the same.
 */
export function joined(report: Report): Checker {
  const fates = new Fates();

  const judge = (at: Time, snapshot: Snapshot): void => {
    for (const [node, view] of snapshot.views) {
      const { primary } = view;
      if (primary === undefined || isPlaced(snapshot, view)) continue;
      const since = Math.max(fates.fairFrom(node), view.primarySince ?? 0);
      if (primary === null) {
        if (at - since < JOIN) continue;
        report(at, [node], `neither a supernode nor registered with one for ${seconds(at - since)}`);
      } else {
        const deaf = Math.max(since, fates.partedAt(primary, node));
        if (at - deaf < NOTICE) continue;
        report(at, [node, primary], `counts on ${primary}, which has not been its supernode for ${seconds(at - deaf)}`);
      }
    }
  };
  return {
    invariant: 'L5',
    needs: ['supernode', 'view'],
    sees: ['role', 'peer'],
    nodeUp: (at, info) => fates.up(at, info.id, info.ways ?? null),
    nodeDown: (at, node) => fates.down(at, node),
    leaving: (at, node) => fates.ended(at, node),
    resumed: (at, node) => fates.disturbed(at, node),
    calm: (at) => fates.calm(at),
    observe(at, node, event) {
      if (event.type === 'role') fates.ended(at, node);
      else if (event.type === 'peer' && event.change === 'down') fates.parted(at, node, event.peer);
    },
    quiet: judge,
    arrived: judge,
  };
}

/** Whether the node is a supernode, or a child of one that says so, too. */
function isPlaced(snapshot: Snapshot, { node, role, primary }: View): boolean {
  if (role === 'supernode') return true;
  const above = snapshot.views.get(primary ?? '');
  return above?.role === 'supernode' && above.children?.includes(node) === true;
}

function seconds(time: Time): string {
  return `${(time / SECOND).toFixed(1)} s`;
}

/** What befell the nodes, as far as it excuses that one of them has no supernode. */
class Fates {
  #calmAt: Time = 0;
  /** When nodes that are up came up or last stood still. */
  readonly #freshAt = new Map<NodeId, Time>();
  readonly #ways = new Map<NodeId, readonly NodeId[]>();
  /** When a node last took up another role, was told to leave, or ended. */
  readonly #endedAt = new Map<NodeId, Time>();
  /** When a node that is up last lost the connection to another one. */
  readonly #partedAt = new Map<NodeId, Map<NodeId, Time>>();

  up(at: Time, node: NodeId, ways: readonly NodeId[] | null): void {
    this.#freshAt.set(node, at);
    if (ways !== null) this.#ways.set(node, ways);
  }

  down(at: Time, node: NodeId): void {
    this.#freshAt.delete(node);
    this.#partedAt.delete(node);
    this.ended(at, node);
  }

  ended(at: Time, node: NodeId): void {
    this.#endedAt.set(node, at);
    if (this.#freshAt.has(node)) this.disturbed(at, node);
  }

  disturbed(at: Time, node: NodeId): void {
    this.#freshAt.set(node, at);
  }

  parted(at: Time, node: NodeId, peer: NodeId): void {
    const times = this.#partedAt.get(node) ?? new Map<NodeId, Time>();
    this.#partedAt.set(node, times);
    times.set(peer, at);
  }

  calm(at: Time): void {
    this.#calmAt = at;
  }

  /** When the supernode last had a reason not to have the child any longer. */
  partedAt(supernode: NodeId, child: NodeId): Time {
    return Math.max(this.#endedAt.get(supernode) ?? 0, this.#partedAt.get(supernode)?.get(child) ?? 0);
  }

  /** From when on a node can be expected to find a supernode; infinite while nobody it may turn to is up. */
  fairFrom(node: NodeId): Time {
    const own = Math.max(this.#calmAt, this.#freshAt.get(node) ?? 0);
    const ways = this.#ways.get(node);
    if (ways === undefined) return own;
    const open = ways.filter((way) => way !== node).map((way) => this.#freshAt.get(way) ?? Infinity);
    return Math.max(own, Math.min(...open));
  }
}
