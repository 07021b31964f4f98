import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { flatten } from '../compare/comparison.js';
import type { SweepDirectory } from './directory.js';
import { writeDurably } from './durable.js';
import { settingsOf, tableValue, type Cell, type RunName } from './point.js';

export const RESULTS = 'results.parquet';
export const COST = 'cost.parquet';

type Row = Readonly<Record<string, Cell>>;
type Type = 'STRING' | 'BOOLEAN' | 'DOUBLE';

/** What the tables came to. */
export interface Folded {
  readonly results: readonly Row[];
  /** Broken invariants over all runs. */
  readonly violations: number;
}

/**
 * Folds all finished runs into `results.parquet`, a row a run in the order of the study, in which nothing depends on the
 * machine, and `cost.parquet`, what the same runs cost.
 */
export function writeTables(directory: SweepDirectory): Folded {
  const results: Row[] = [];
  const cost: Row[] = [];
  let violations = 0;
  for (const index of [...directory.finished()].sort((a, b) => a - b)) {
    const { run, document } = directory.read(index);
    const broken = Object.values(document.checks).reduce((sum, { count }) => sum + count, 0);
    violations += broken;
    const { wallMs, speedup, eventsPerSecond, peakRssMb, ...repeatable } = document.run;
    const key = keyOf(run);
    const { nodes, version, digest, metrics } = document;
    const figures = flatten(metrics).map(([name, value]) => [columnName(name), Number.isFinite(value) ? value : null]);
    results.push({ ...key, nodes, version, digest, violations: broken, ...repeatable, ...Object.fromEntries(figures) });
    cost.push({ ...key, events: repeatable.events, wallMs, speedup, eventsPerSecond, peakRssMb });
  }
  writeDurably(join(directory.path, RESULTS), parquet(results));
  writeDurably(join(directory.path, COST), parquet(cost));
  return { results, violations };
}

/** A path with dots as the name of a column. */
export function columnName(path: string): string {
  return path.replaceAll(/[.-]/g, '_');
}

function keyOf({ scenarioName, protocol, parameters, seed }: RunName): Row {
  const values = settingsOf(parameters).map(([path, value]) => [columnName(path), tableValue(value)] as const);
  return { scenario: scenarioName, protocol, ...Object.fromEntries(values), seed };
}

function parquet(rows: readonly Row[]): Uint8Array {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columnData = names.map((name) => {
    const cells = rows.map((row) => row[name] ?? null);
    const type = typeOf(cells);
    const data = type === 'STRING' ? cells.map((cell) => (cell === null ? null : String(cell))) : cells;
    return { name, data, type, nullable: true };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

/** One type for a column, whatever the runs: numbers are doubles, and what is mixed is text. */
function typeOf(cells: readonly Cell[]): Type {
  const kinds = new Set(cells.filter((cell) => cell !== null).map((cell) => typeof cell));
  if (kinds.size > 1 || kinds.has('string')) return 'STRING';
  return kinds.has('boolean') ? 'BOOLEAN' : 'DOUBLE';
}
