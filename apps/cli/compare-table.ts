import Table from 'cli-table3';
import { colours } from '../colours.js';
import type { ComparisonDocument, Contrast, Row, Spread } from '../../experiments/compare/comparison.js';
import type { Difference } from '../../experiments/compare/statistics.js';
import { METRICS, type Metric } from '../../experiments/metrics.js';
import { PROTOCOLS } from '../../experiments/protocols.js';
import type { Unit } from '../../viz/charts/units.js';
import { show } from './sim-table.js';

const UNIT = / (?:%|pp|ms)$/;

/** A table for each variant: medians, the range from p5 to p95 below, the paired difference, and the bound. */
export function comparisonTable(comparison: ComparisonDocument): string {
  const variants = [...new Set(comparison.rows.map(({ variant }) => variant))];
  const { seeds, nodes, workload } = comparison;
  const span = seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`;
  const legend = colours.dim(
    'Median over the seeds, p5 to p95 in brackets. Difference: mean over the seeds, with its 95 % confidence interval; shares differ by percentage points (pp).',
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
  for (const line of METRICS) {
    const bound = line.bound === undefined ? null : here[0]?.metrics[line.bound]?.median;
    table.push([
      line.label,
      ...here.map(({ metrics }) => spread(metrics[line.name], line.unit)),
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

function difference({ metrics }: Contrast, line: Metric): string {
  const found: Difference | undefined = metrics[line.name];
  if (found === undefined) return '-';
  const range = [found.low, found.high].map((each) => signed(each, line.unit).replace(UNIT, ''));
  const text = `${signed(found.mean, line.unit)} ${colours.dim(`[${range.join(' ')}]`)}`;
  if (found.low <= 0 && found.high >= 0) return text;
  return found.mean > 0 === (line.better === 'more') ? colours.green(text) : colours.red(text);
}

function signed(value: number, unit: Unit): string {
  const size = show(Math.abs(value), unit);
  return `${value < 0 ? '-' : '+'}${unit === 'share' ? size.replace(/%$/, 'pp') : size}`;
}

/** Whether a row tells of broken invariants that its protocol should have kept. */
export function isFailure({ protocol, violations }: Row): boolean {
  return violations > 0 && PROTOCOLS.get(protocol)?.flawed !== true;
}

function verdict(rows: readonly Row[]): string {
  const broken = rows.filter(({ violations }) => violations > 0);
  const others = broken.length === 0 ? 'all held, where they apply' : 'all others held, where they apply';
  const lines = broken.map((row) => {
    const text = `invariants: ${row.protocol} broke some ${row.violations} times in ${row.variant}`;
    return isFailure(row) ? colours.red(`${text}; see astral sim --check all`) : `${text}, as is known of it`;
  });
  return [...lines, ...(broken.some(isFailure) ? [] : [`invariants: ${others}`])].join('\n');
}
