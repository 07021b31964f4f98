import { colours } from '../colours.js';
import type { TimedDocument } from '../../experiments/timed.js';
import { metricOf } from '../../experiments/metrics.js';
import type { Unit } from '../../viz/charts/units.js';
import { show } from './sim-table.js';

interface Line {
  readonly label: string;
  readonly metric: string;
  readonly unit: Unit;
  readonly bound?: string;
  /** What the figure means, for somebody who sees it for the first time. */
  readonly about: string;
}

const LINES: readonly Line[] = [
  { label: 'continuity', metric: 'continuity.mean', unit: 'share', bound: 'bound.rate', about: 'chunks in time' },
  { label: 'start-up', metric: 'startupMs.p50', unit: 'ms', about: 'until the picture comes' },
  { label: 'lag', metric: 'arrivalLagMs.p95', unit: 'ms', bound: 'reference.lagMs', about: '95 % of chunks sooner' },
  { label: 'stalls', metric: 'stall.per10min', unit: 'rate', about: 'a viewer, in 10 minutes' },
  { label: 'offload', metric: 'offload', unit: 'share', bound: 'bound.offload', about: 'carried by viewers' },
  { label: 'overhead', metric: 'overhead.mean', unit: 'share', about: 'control beside the media' },
  { label: 'detection', metric: 'detectMs.p50', unit: 'ms', about: 'of a provider that died' },
];

/** Runs of one scenario side by side with the best that any overlay could reach, in 80 columns. */
export function demoTable(documents: readonly TimedDocument[]): string {
  const heads = ['', ...documents.map(({ protocol }) => protocol), 'bound', ''];
  const rows = LINES.map(({ label, metric, unit, bound, about }) => [
    label,
    ...documents.map(({ metrics }) => show(metricOf(metrics, metric), unit)),
    bound === undefined ? '' : show(metricOf(documents[0]?.metrics ?? {}, bound), unit),
    about,
  ]);
  const width = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], last: (text: string) => string): string =>
    cells
      .map((cell, column) => {
        if (column === cells.length - 1) return last(cell);
        return column === 0 ? `  ${cell.padEnd(width[0] ?? 0)}` : cell.padStart(width[column] ?? 0);
      })
      .join('  ')
      .trimEnd();
  return [colours.bold(line(heads, (text) => text)), ...rows.map((row) => line(row, colours.dim))].join('\n');
}

/** What the checkers say of a run, in one line. */
export function demoVerdict({ protocol, checks, violations }: TimedDocument): string {
  const held = Object.entries(checks).filter(([, { verdict }]) => verdict === 'held');
  if (violations.length === 0) return `${protocol}: invariants ${held.map(([name]) => name).join(' ')} held`;
  const [first] = violations;
  return colours.red(
    `${protocol}: ${violations.length} invariants broken, first ${first?.invariant}: ${first?.detail}`,
  );
}
