import { LIMITS } from '../../core/limits.js';
import { NEVER, SECOND, type NodeId, type Time } from '../../core/units.js';
import type { Checker, Report } from './checker.js';

/** What was sent longer ago than this no connection still carries. */
const UNDER_WAY: Time = 30 * SECOND;
/** Depths that are kept apart; deeper ones are broken anyway. */
const DEPTHS = LIMITS.depth + 2;

/** S19: no node stands deeper than the bound, and each one hop deeper than the provider that pushed the chunk had said. */
export function depthHeld(report: Report): Checker {
  /** When a node last advertised each depth, by sub-stream and depth, up to the highest sub-stream that it forwarded. */
  const advertised = new Map<NodeId, Float64Array>();
  const advertise = (node: NodeId, sub: number, depth: number, at: Time): void => {
    const cell = sub * DEPTHS + depth;
    let table = advertised.get(node);
    if (table === undefined || cell >= table.length) {
      const grown = new Float64Array((sub + 1) * DEPTHS).fill(-NEVER);
      if (table !== undefined) grown.set(table);
      advertised.set(node, (table = grown));
    }
    table[cell] = at;
  };
  const lastSaid = (node: NodeId, sub: number, depth: number): Time =>
    depth < 0 || depth >= DEPTHS ? -NEVER : (advertised.get(node)?.[sub * DEPTHS + depth] ?? -NEVER);
  return {
    invariant: 'S19',
    needs: ['chunk'],
    sees: ['chunk'],
    observe(at, node, event) {
      if (event.type !== 'chunk' || event.sub >= LIMITS.substreams) return;
      const { change, depth, peer, seq, sub } = event;
      if (change === 'forwarded') {
        if (depth > LIMITS.depth) report(at, [node], `forwards sub-stream ${sub} at depth ${depth}`);
        else advertise(node, sub, depth, at);
      } else if (change === 'received' && peer !== null) {
        if (at - lastSaid(peer, sub, depth - 1) <= UNDER_WAY) return;
        report(at, [node, peer], `chunk ${seq} puts the node at depth ${depth}, which is not below what ${peer} said`);
      }
    },
  };
}
