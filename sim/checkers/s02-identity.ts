import type { NodeId } from '../../core/units.js';
import type { Checker, Report } from './checker.js';

interface Lives {
  up: boolean;
  /** The highest incarnation under which an earlier life gave tickets, -1 before. */
  earlier: number;
  /** The incarnation of this life, -1 until it gives a ticket. */
  now: number;
}

/** S2: no two live nodes share an id, and each life of a node has a higher incarnation than all before it. */
export function identity(report: Report): Checker {
  const nodes = new Map<NodeId, Lives>();
  return {
    invariant: 'S2',
    needs: ['ticket'],
    nodeUp(at, { id }) {
      const lives = nodes.get(id);
      if (lives === undefined) nodes.set(id, { up: true, earlier: -1, now: -1 });
      else {
        if (lives.up) report(at, [id], 'two live nodes have this id');
        lives.up = true;
        lives.earlier = Math.max(lives.earlier, lives.now);
        lives.now = -1;
      }
    },
    nodeDown(_at, node) {
      const lives = nodes.get(node);
      if (lives !== undefined) lives.up = false;
    },
    observe(at, node, event) {
      if (event.type !== 'ticket' || node !== event.provider) return;
      const lives = nodes.get(node);
      if (lives === undefined || event.incarnation === lives.now) return;
      if (lives.now >= 0) report(at, [node], `two incarnations in one life: ${lives.now} and ${event.incarnation}`);
      else if (event.incarnation <= lives.earlier) {
        report(at, [node], `incarnation ${event.incarnation} after a life with ${lives.earlier}`);
      }
      lives.now = event.incarnation;
    },
  };
}
