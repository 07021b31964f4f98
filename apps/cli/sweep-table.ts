import { join } from 'node:path';
import Table from 'cli-table3';
import { quantile } from '../../experiments/compare/statistics.js';
import type { Manifest, SweepDirectory } from '../../experiments/sweep/directory.js';
import { pathsOf, showValue, valuesOf } from '../../experiments/sweep/point.js';
import { columnName, COST, RESULTS, type Folded } from '../../experiments/sweep/tables.js';
import { colours } from '../colours.js';
import { figure, type Unit } from '../../viz/charts/units.js';
import { seedsInWords } from './sweep-plan.js';

/** What is printed of each point; the files have every figure. */
const FIGURES: readonly (readonly [label: string, column: string, unit: Unit])[] = [
  ['continuity', 'continuity_mean', 'share'],
  ['offload', 'offload', 'share'],
  ['arrival lag p95', 'arrivalLagMs_p95', 'ms'],
  ['start-up p50', 'startupMs_p50', 'ms'],
  ['overhead', 'overhead_mean', 'share'],
];

/** Medians over the seeds, a line for each point of the grid. */
export function sweepTable({ points, seeds, title, name }: Manifest, { results, violations }: Folded): string {
  const names = pathsOf(points);
  const heads = ['scenario', 'protocol', ...names, ...FIGURES.map(([label]) => label), 'broken'];
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: heads.map((text) => colours.bold(text)),
  });
  points.forEach((point, at) => {
    const { scenarioName, protocol } = point;
    const rows = results.slice(at * seeds.length, (at + 1) * seeds.length);
    const figures = FIGURES.map(([, column, unit]) => {
      const values = rows.flatMap((row) => (typeof row[column] === 'number' ? [row[column]] : []));
      const median = quantile(values, 0.5);
      return median === null ? '-' : figure(median, unit);
    });
    const broken = rows.reduce((sum, row) => sum + Number(row['violations'] ?? 0), 0);
    const values = valuesOf(point, names).map(showValue);
    table.push([scenarioName, protocol, ...values, ...figures, broken === 0 ? '' : colours.red(String(broken))]);
  });
  const head = `${colours.bold(title === 'untitled' ? name : title)}, medians over seeds ${seedsInWords(seeds)}`;
  const verdict =
    violations === 0 ? 'invariants: all held, where they apply' : colours.red(`invariants: ${violations} broken`);
  return [head, table.toString(), verdict].join('\n');
}

/** What \`--json\` prints. */
export function sweepDocument(
  directory: SweepDirectory,
  { results, violations }: Folded,
  ran: number,
  seconds: number,
): object {
  const { manifest, path } = directory;
  return {
    schema: 'astral.sweep/1',
    version: manifest.version,
    study: manifest.name,
    hash: manifest.hash,
    runs: results.length,
    ran,
    seconds,
    violations,
    out: path,
    results: join(path, RESULTS),
    cost: join(path, COST),
    query: duckdbLine(directory),
  };
}

/** A line that a shell with DuckDB takes. */
export function duckdbLine({ path, manifest }: SweepDirectory): string {
  const names = pathsOf(manifest.points).map(columnName);
  const columns = ['scenario', 'protocol', ...names].join(', ');
  const figures = 'count(*) AS runs, median(continuity_mean) AS continuity, median(offload) AS offload';
  const from = join(path, RESULTS).replaceAll("'", "''");
  return `duckdb -c "SELECT ${columns}, ${figures} FROM '${from}' GROUP BY ALL ORDER BY ALL"`;
}
