import { SECOND, type NodeId, type Time } from '../../core/units.js';
import type { Checker, Report } from './checker.js';
import type { Leases } from './leases.js';

/** Who is one too many steps down within this time. */
const PATIENCE: Time = 60 * SECOND;
/** Times as many as their children need. */
const SPARE = 2;

/** What nodes of the run are told about supernodes. */
export interface SupernodeTerms {
  readonly maxChildren: number;
}

/**
 * S12: once all is quiet there are no more supernodes than twice those that the nodes need, but for those that took up
 * that role within the last minute, or had reason to since the last fault.
 */
export function promotionJustified(report: Report, _leases: Leases, { maxChildren }: SupernodeTerms): Checker {
  const since = new Map<NodeId, Time>();
  let disturbed: Time = 0;
  return {
    invariant: 'S12',
    needs: ['supernode', 'view'],
    sees: ['role'],
    nodeDown: (_at, node) => void since.delete(node),
    fault: (at) => void (disturbed = at),
    observe(at, node, event) {
      if (event.type === 'role') since.set(node, at);
    },
    quiet(at, { views }) {
      const most = SPARE * Math.ceil(views.size / maxChildren);
      const settled = [...views].flatMap(([node, { role }]) => {
        const from = Math.max(since.get(node) ?? 0, disturbed);
        return role === 'supernode' && at - from >= PATIENCE ? [node] : [];
      });
      if (settled.length <= most) return;
      report(at, settled, `${settled.length} supernodes of ${views.size} nodes for a minute, where ${most} would do`);
    },
  };
}
