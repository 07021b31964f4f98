import Table from 'cli-table3';
import { colours } from '../colours.js';
import type { ComparisonDocument, Contrast, Row, Spread } from '../../experiments/compare/comparison.js';
import type { Difference } from '../../experiments/compare/statistics.js';
import { show, type Unit } from './sim-table.js';

interface Line {
  readonly label: string;
  readonly metric: string;
  readonly unit: Unit;
  /** Which way is better. */
  readonly better: 'more' | 'less';
  /** Figure that no overlay can beat. */
  readonly bound?: string;
}

/** What is printed, the most telling first; `--json` has every figure. */
const LINES: readonly Line[] = [
  { label: 'continuity', metric: 'continuity.mean', unit: 'share', better: 'more', bound: 'bound.rate' },
  { label: '  of 95 % at least', metric: 'continuity.p5', unit: 'share', better: 'more' },
  { label: '  with 1 s of patience', metric: 'continuityAt.1000', unit: 'share', better: 'more' },
  { label: 'viewers without a loss', metric: 'lossFree', unit: 'share', better: 'more' },
  { label: 'start-up p50', metric: 'startupMs.p50', unit: 'ms', better: 'less' },
  { label: 'start-up p95', metric: 'startupMs.p95', unit: 'ms', better: 'less' },
  { label: 'arrival lag p95', metric: 'arrivalLagMs.p95', unit: 'ms', better: 'less', bound: 'reference.lagMs' },
  { label: 'stalls in 10 min', metric: 'stall.per10min', unit: 'rate', better: 'less' },
  { label: 'offload', metric: 'offload', unit: 'share', better: 'more', bound: 'bound.offload' },
  { label: 'control overhead', metric: 'overhead.mean', unit: 'share', better: 'less' },
  { label: 'redundancy', metric: 'redundancy', unit: 'share', better: 'less' },
  { label: 'depth', metric: 'depth.mean', unit: 'rate', better: 'less' },
];

const UNIT = / (?:%|ms)$/;

/** A table for each variant: medians, the range from p5 to p95 below, the paired difference, and the bound. */
export function comparisonTable(comparison: ComparisonDocument): string {
  const variants = [...new Set(comparison.rows.map(({ variant }) => variant))];
  const { seeds, nodes, workload } = comparison;
  const span = seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`;
  const legend = colours.dim(
    'Median over the seeds, p5 to p95 in brackets. Difference: mean over the seeds, with its 95 % confidence interval.',
  );
  const parts = variants.map((variant) => {
    const name = variant === 'default' ? workload : `${workload.split('@')[0]}@${variant}`;
    return `${colours.bold(name)}, ${nodes} viewers, ${span}\n${variantTable(comparison, variant)}`;
  });
  return [...parts, legend, verdict(comparison.rows)].join('\n');
}

function variantTable({ rows, differences }: ComparisonDocument, variant: string): string {
  const here = rows.filter((row) => row.variant === variant);
  const contrasts = differences.filter((each) => each.variant === variant);
  const heads = contrasts.map(({ protocol, against }) => `${protocol} - ${against}`);
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: ['', ...here.map(({ protocol }) => protocol), 'bound', ...heads].map((text) => colours.bold(text)),
  });
  for (const line of LINES) {
    const bound = line.bound === undefined ? null : here[0]?.metrics[line.bound]?.median;
    table.push([
      line.label,
      ...here.map(({ metrics }) => spread(metrics[line.metric], line.unit)),
      bound == null ? '' : show(bound, line.unit),
      ...contrasts.map((contrast) => difference(contrast, line)),
    ]);
  }
  return table.toString();
}

function spread(found: Spread | undefined, unit: Unit): string {
  if (found === undefined || found.n === 0) return '-';
  const { median, p5, p95, n } = found;
  const middle = median === null ? 'never' : show(median, unit);
  if (n === 1) return middle;
  const range = [p5, p95].map((each) => (each === null ? 'never' : show(each, unit).replace(UNIT, '')));
  return `${middle} ${colours.dim(`[${range.join(' ')}]`)}`;
}

function difference({ metrics }: Contrast, line: Line): string {
  const found: Difference | undefined = metrics[line.metric];
  if (found === undefined) return '-';
  const range = [found.low, found.high].map((each) => signed(each, line.unit).replace(UNIT, ''));
  const text = `${signed(found.mean, line.unit)} ${colours.dim(`[${range.join(' ')}]`)}`;
  if (found.low <= 0 && found.high >= 0) return text;
  return found.mean > 0 === (line.better === 'more') ? colours.green(text) : colours.red(text);
}

function signed(value: number, unit: Unit): string {
  return `${value < 0 ? '-' : '+'}${show(Math.abs(value), unit)}`;
}

function verdict(rows: readonly Row[]): string {
  const broken = rows.filter(({ violations }) => violations > 0);
  if (broken.length === 0) return 'invariants: all held, where they apply';
  return broken
    .map(({ protocol, variant, violations }) =>
      colours.red(`invariants: ${protocol} broke some ${violations} times in ${variant}; see astral sim --check all`),
    )
    .join('\n');
}
