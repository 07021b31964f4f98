import type { MetricTree } from '../../sim/metrics/summary.js';
import type { TimedDocument } from '../timed.js';
import { pairedDifference, quantile, type Difference } from './statistics.js';

/** A figure over all seeds; null stands for never. `n` counts the seeds that have it. */
export interface Spread {
  readonly median: number | null;
  readonly p5: number | null;
  readonly p95: number | null;
  readonly n: number;
}

export interface Row {
  readonly protocol: string;
  /** `default` or the name of the variant. */
  readonly variant: string;
  readonly metrics: Readonly<Record<string, Spread>>;
  /** Broken invariants over all seeds. */
  readonly violations: number;
}

/** How the first protocol differs from another on the same seeds: first minus other, seed by seed. */
export interface Contrast {
  readonly variant: string;
  readonly protocol: string;
  readonly against: string;
  readonly metrics: Readonly<Record<string, Difference>>;
}

/** `astral compare --json`. */
export interface ComparisonDocument {
  readonly schema: 'astral.compare/1';
  readonly version: string;
  readonly workload: string;
  readonly seeds: readonly number[];
  readonly nodes: number;
  readonly rows: readonly Row[];
  readonly differences: readonly Contrast[];
  /** Medians of what no overlay can beat in the first variant; those of every variant are in `bounds`. */
  readonly bound: Bound;
  readonly bounds: Readonly<Record<string, Bound>>;
}

export interface Bound {
  readonly rate: number | null;
  readonly offload: number | null;
  readonly lagMs: number | null;
}

/** One run and the variant it belongs to. */
export interface Sample {
  readonly variant: string;
  readonly document: TimedDocument;
}

/** A start or a join that never came is later than all others. */
const NEVER = /^(?:startupMs|joinMs)\./;

/** Folds the runs of all variants, protocols and seeds; protocols and variants in the order in which they first appear. */
export function compare(
  workload: string,
  version: string,
  seeds: readonly number[],
  samples: readonly Sample[],
): ComparisonDocument {
  const variants = [...new Set(samples.map(({ variant }) => variant))];
  const protocols = [...new Set(samples.map(({ document }) => document.protocol))];
  const columns = new Map<string, ReadonlyMap<string, number[]>>();
  const rows: Row[] = [];
  const differences: Contrast[] = [];
  for (const variant of variants) {
    for (const protocol of protocols) {
      const runs = samples.filter((each) => each.variant === variant && each.document.protocol === protocol);
      const column = gather(runs.map(({ document }) => document));
      columns.set(`${variant} ${protocol}`, column);
      const violations = runs.reduce((sum, { document }) => sum + broken(document), 0);
      rows.push({ protocol, variant, metrics: spreads(column), violations });
    }
    const [first = '', ...others] = protocols;
    for (const against of others) {
      const metrics = contrast(columns.get(`${variant} ${first}`), columns.get(`${variant} ${against}`));
      differences.push({ variant, protocol: first, against, metrics });
    }
  }
  const bounds = Object.fromEntries(variants.map((variant) => [variant, boundOf(rows, variant)]));
  const [main = ''] = variants;
  return {
    schema: 'astral.compare/1',
    version,
    workload,
    seeds,
    nodes: samples[0]?.document.nodes ?? 0,
    rows,
    differences,
    bound: bounds[main] as Bound,
    bounds,
  };
}

/** Figures with dotted names; what was never reached is infinite, what does not exist is NaN. */
export function flatten(metrics: MetricTree, prefix = ''): [string, number][] {
  return Object.entries(metrics).flatMap(([name, value]) => {
    const path = prefix + name;
    if (typeof value === 'object' && value !== null) return flatten(value, `${path}.`);
    return [[path, value ?? (NEVER.test(path) ? Infinity : NaN)]] as [string, number][];
  });
}

function gather(documents: readonly TimedDocument[]): ReadonlyMap<string, number[]> {
  const column = new Map<string, number[]>();
  for (const { metrics } of documents) {
    for (const [name, value] of flatten(metrics)) {
      const values = column.get(name) ?? [];
      column.set(name, values);
      values.push(value);
    }
  }
  return column;
}

function spreads(column: ReadonlyMap<string, number[]>): Record<string, Spread> {
  const entries = [...column].map(([name, all]) => {
    const values = all.filter((value) => !Number.isNaN(value));
    const at = (share: number): number | null => finite(quantile(values, share));
    return [name, { median: at(0.5), p5: at(0.05), p95: at(0.95), n: values.length }] as const;
  });
  return Object.fromEntries(entries);
}

function contrast(
  first: ReadonlyMap<string, number[]> | undefined,
  other: ReadonlyMap<string, number[]> | undefined,
): Record<string, Difference> {
  const entries: [string, Difference][] = [];
  for (const [name, values] of first ?? []) {
    const difference = pairedDifference(values, other?.get(name) ?? []);
    if (difference !== null) entries.push([name, difference]);
  }
  return Object.fromEntries(entries);
}

function boundOf(rows: readonly Row[], variant: string): Bound {
  const metrics = rows.find((row) => row.variant === variant)?.metrics ?? {};
  const median = (name: string): number | null => metrics[name]?.median ?? null;
  return { rate: median('bound.rate'), offload: median('bound.offload'), lagMs: median('reference.lagMs') };
}

function broken(document: TimedDocument): number {
  return Object.values(document.checks).reduce((sum, { count }) => sum + count, 0);
}

function finite(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : value;
}
