import type { Checker, Report } from './checker.js';
import type { Leases } from './leases.js';

/** S10: every chunk that is pushed goes along a serving ticket of that sub-stream to that consumer. */
export function mediaHasReason(report: Report, leases: Leases): Checker {
  return {
    invariant: 'S10',
    needs: ['ticket', 'chunk'],
    sees: ['chunk'],
    observe(at, node, event) {
      if (event.type !== 'chunk' || event.change !== 'forwarded' || event.peer === null) return;
      if (leases.serving(node, event.peer, event.sub) !== null) return;
      report(at, [node, event.peer], `chunk ${event.seq} pushed on sub-stream ${event.sub} without an active ticket`);
    },
  };
}
