import { graphOf } from './graph.js';
import type { RecordedTarget } from '../../sim/recording.js';
import type { OverlayState } from './state.js';

/** A figure with what it is held against. */
export interface FigureRow {
  readonly label: string;
  readonly value: string;
  /** The target or the bound, as text. */
  readonly beside: string | null;
  /** Null where there is nothing to meet. */
  readonly met: boolean | null;
}

type Unit = 'share' | 'ms' | 'number';

/** The figures shown of a run: label, unit, name, and the name of its bound. */
const ROWS: readonly (readonly [string, Unit, string, string?])[] = [
  ['Continuity, mean', 'share', 'continuity.mean'],
  ['Continuity, 5th percentile', 'share', 'continuity.p5'],
  ['Start-up p50', 'ms', 'startupMs.p50'],
  ['Arrival lag p95', 'ms', 'arrivalLagMs.p95', 'reference.lagMs'],
  ['Stalls a viewer, 10 min', 'number', 'stall.per10min'],
  ['Death detected p99', 'ms', 'detectMs.p99'],
  ['Recovered p99', 'ms', 'recoverMs.p99'],
  ['Gap seen p99', 'ms', 'gapMs.p99'],
  ['Offload', 'share', 'offload', 'bound.offload'],
  ['Control overhead', 'share', 'overhead.mean'],
  ['Redundancy', 'share', 'redundancy'],
  ['Depth p95', 'number', 'depth.p95'],
];

/** The figures of a recorded run with targets and bounds; empty for what is no document of a run. */
export function figuresOf(document: unknown, targets: readonly RecordedTarget[]): FigureRow[] {
  const metrics = objectIn(document, 'metrics');
  if (metrics === null) return [];
  const rows = ROWS.flatMap(([label, unit, name, bound]): FigureRow[] => {
    const value = figure(metrics, name);
    if (value === null) return [];
    const target = targets.find(({ metric }) => metric === name);
    if (target !== undefined) return [{ label, value: show(value, unit), ...against(value, unit, target) }];
    const limit = bound === undefined ? null : figure(metrics, bound);
    return [
      { label, value: show(value, unit), beside: limit === null ? null : `bound ${show(limit, unit)}`, met: null },
    ];
  });
  const violations = (document as { violations?: unknown }).violations;
  const broken = Array.isArray(violations) ? violations.length : 0;
  return [...rows, { label: 'Broken invariants', value: String(broken), beside: 'none allowed', met: broken === 0 }];
}

function against(value: number, unit: Unit, { atLeast, atMost }: RecordedTarget): Pick<FigureRow, 'beside' | 'met'> {
  const wishes = [
    ...(atLeast === null ? [] : [`≥ ${show(atLeast, unit)}`]),
    ...(atMost === null ? [] : [`≤ ${show(atMost, unit)}`]),
  ];
  const met = (atLeast === null || value >= atLeast) && (atMost === null || value <= atMost);
  return { beside: `target ${wishes.join(' ')}`, met };
}

/** What can be counted in the overlay at this moment. */
export function momentOf(state: OverlayState): FigureRow[] {
  const graph = graphOf(state, { substreams: -1, standby: true, stream: null });
  const live = graph.nodes.filter(({ up }) => up);
  const viewers = live.filter(({ kind }) => kind === 'viewer');
  const count = (player: string): number => viewers.filter((node) => node.player === player).length;
  const depths = graph.depth.flatMap((depth, at) => (depth === null || graph.nodes[at]?.up !== true ? [] : [depth]));
  const tickets = (status: string): number => graph.links.filter((link) => link.status === status).length;
  const row = (label: string, value: string): FigureRow => ({ label, value, beside: null, met: null });
  return [
    row('Viewers', String(viewers.length)),
    row('Playing', `${count('playing')}`),
    row('Starting, stalled', `${count('starting')}, ${count('stalled')}`),
    row('Supernodes', String(live.filter(({ role }) => role === 'supernode').length)),
    row('Tickets active, suspect', `${tickets('active')}, ${tickets('suspect')}`),
    row('Tickets on standby', String(tickets('standby'))),
    row('Depth, largest', depths.length === 0 ? '–' : String(Math.max(...depths))),
  ];
}

function figure(metrics: object, name: string): number | null {
  let found: unknown = metrics;
  for (const part of name.split('.')) {
    found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[part] : null;
  }
  return typeof found === 'number' ? found : null;
}

function objectIn(value: unknown, key: string): object | null {
  if (typeof value !== 'object' || value === null) return null;
  const found = (value as Record<string, unknown>)[key];
  return typeof found === 'object' && found !== null ? found : null;
}

function show(value: number, unit: Unit): string {
  switch (unit) {
    case 'share':
      return `${(value * 100).toFixed(value > 0.98 && value < 1 ? 2 : 1)} %`;
    case 'ms':
      return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${Math.round(value)} ms`;
    case 'number':
      return value.toFixed(value < 10 ? 1 : 0);
  }
}
