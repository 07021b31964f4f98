import { LIMITS } from '../../core/limits.js';
import { NEVER, SECOND, type NodeId, type Time } from '../../core/units.js';
import type { Checker, Report } from './checker.js';

/** What was sent longer ago than this no connection still carries. */
const UNDER_WAY: Time = 30 * SECOND;
/** Depths that are kept apart; deeper ones are broken anyway. */
const DEPTHS = LIMITS.depth + 2;

/** S19: no node stands deeper than the bound, and each one hop deeper than the provider that pushed the chunk had said. */
export function depthHeld(report: Report): Checker {
  /** When a node last advertised each depth, by sub-stream and depth. */
  const advertised = new Map<NodeId, Float64Array>();
  const tableOf = (node: NodeId): Float64Array => {
    let table = advertised.get(node);
    if (table === undefined) {
      table = new Float64Array(LIMITS.substreams * DEPTHS).fill(-NEVER);
      advertised.set(node, table);
    }
    return table;
  };
  return {
    invariant: 'S19',
    needs: ['chunk'],
    observe(at, node, event) {
      if (event.type !== 'chunk' || event.sub >= LIMITS.substreams) return;
      const { change, depth, peer, seq, sub } = event;
      if (change === 'forwarded') {
        if (depth > LIMITS.depth) report(at, [node], `forwards sub-stream ${sub} at depth ${depth}`);
        else tableOf(node)[sub * DEPTHS + depth] = at;
      } else if (change === 'received' && peer !== null) {
        const said = depth < 1 || depth > DEPTHS ? -NEVER : (tableOf(peer)[sub * DEPTHS + depth - 1] as number);
        if (at - said <= UNDER_WAY) return;
        report(at, [node, peer], `chunk ${seq} puts the node at depth ${depth}, which is not below what ${peer} said`);
      }
    },
  };
}
