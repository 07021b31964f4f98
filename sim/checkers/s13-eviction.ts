import type { NodeId } from '../../core/units.js';
import type { Checker, FaultNote, Report } from './checker.js';

/** Faults behind which a node is out of reach, however well it is. */
const CUTS: ReadonlySet<FaultNote['kind']> = new Set(['partition', 'one-way']);

/**
 * S13: nobody strikes off a node that lives, means to stay and can be reached on the word of one accuser, be it its own.
 * Only the node itself, or the end of its time, ends an entry.
 */
export function noEviction(report: Report): Checker {
  const staying = new Set<NodeId>();
  let cuts = 0;
  return {
    invariant: 'S13',
    needs: ['registry'],
    sees: ['forgotten'],
    nodeUp: (_at, { id }) => void staying.add(id),
    nodeDown: (_at, node) => void staying.delete(node),
    leaving: (_at, node) => void staying.delete(node),
    fault(_at, { kind, phase }) {
      if (CUTS.has(kind)) cuts += phase === 'begin' ? 1 : -1;
    },
    observe(at, node, event) {
      if (event.type !== 'forgotten' || event.on === null || event.on === event.whom) return;
      if (cuts > 0 || !staying.has(event.whom)) return;
      report(at, [node, event.whom], `${event.whom} was struck off on the word of ${event.on}, and yet it is there`);
    },
  };
}
