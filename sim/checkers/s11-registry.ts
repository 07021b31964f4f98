import { SECOND, type NodeId, type Time } from '../../core/units.js';
import type { Checker, Report } from './checker.js';
import type { Leases } from './leases.js';

/** A directory looks over its records once a second, and a slow one is late. */
const SLACK: Time = 5 * SECOND;

/** What nodes of the run are told about their records. */
export interface RecordTerms {
  readonly recordTtl: Time;
}

interface Registry {
  /** When each node that is listed was last said to be there. */
  readonly listed: Map<NodeId, Time>;
  /** When the directory went on after it had stood still. */
  resumedAt: Time;
}

/** S11: a directory names no node for longer than the time of a record after its end, and after its last announcement. */
export function registryTrue(report: Report, _leases: Leases, { recordTtl }: RecordTerms): Checker {
  const registries = new Map<NodeId, Registry>();
  const endedAt = new Map<NodeId, Time>();

  const judge = (at: Time, node: NodeId, whom: NodeId): void => {
    const registry = registries.get(node);
    const ended = endedAt.get(whom);
    if (registry === undefined || ended === undefined) return;
    const due = Math.max(ended, registry.listed.get(whom) ?? 0, registry.resumedAt) + recordTtl + SLACK;
    if (at <= due) return;
    report(at, [node, whom], `${whom} was listed for ${Math.round((at - ended) / SECOND)} s after its end`);
  };
  return {
    invariant: 'S11',
    needs: ['registry'],
    sees: ['listed', 'forgotten'],
    nodeUp: (_at, { id }) => void endedAt.delete(id),
    nodeDown(at, node) {
      endedAt.set(node, at);
      registries.delete(node);
    },
    resumed(at, node) {
      const registry = registries.get(node);
      if (registry !== undefined) registry.resumedAt = at;
    },
    observe(at, node, event) {
      if (event.type === 'listed') {
        const registry = registries.get(node) ?? { listed: new Map<NodeId, Time>(), resumedAt: 0 };
        registries.set(node, registry);
        registry.listed.set(event.whom, at);
      } else if (event.type === 'forgotten') {
        judge(at, node, event.whom);
        registries.get(node)?.listed.delete(event.whom);
      }
    },
    finish(at) {
      for (const [node, { listed }] of registries) for (const whom of listed.keys()) judge(at, node, whom);
    },
  };
}
