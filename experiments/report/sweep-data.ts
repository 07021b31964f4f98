import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS, RUN_METRICS } from '../metrics.js';
import { SweepDirectory, type Manifest } from '../sweep/directory.js';
import { pathsOf, showValue, tableValue, valuesOf, type Point } from '../sweep/point.js';
import { loadStudy } from '../sweep/study.js';
import { columnName, RESULTS } from '../sweep/tables.js';
import { seedsInWords } from './compare-data.js';
import { readTable, type TableRow } from './parquet.js';
import { scenarioInWords } from './scenario-words.js';
import type { Outcome, Parameter, StudyData } from './study-data.js';

/** Figures that a table may hold and a report draws. */
const NAMES = [
  ...RUN_METRICS.map(({ name }) => name),
  ...METRICS.flatMap(({ bound }) => (bound === undefined ? [] : [bound])),
  ...[1000, 2000, 3000, 5000, 10_000].map((deadline) => `continuityAt.${deadline}`),
];

/** What stands for "never" where it is missing. */
const NEVER = /^(?:startupMs|joinMs)\./;

/** Whether the folder holds the results of a sweep. */
export function isSweep(folder: string): boolean {
  return existsSync(join(folder, RESULTS)) && existsSync(join(folder, 'manifest.json'));
}

export async function readSweep(folder: string): Promise<StudyData> {
  const { manifest } = SweepDirectory.open(folder);
  const rows = await readTable(join(folder, RESULTS));
  const parameters = parametersOf(manifest.points);
  const { name, title, points, seeds, version } = manifest;
  const outcomes = rows.map((row) => outcomeOf(row, parameters));
  const missing = points.length * seeds.length - rows.length;
  const protocols = [...new Set(points.map(({ protocol }) => protocol))];
  return {
    kind: 'sweep',
    title: title === 'untitled' ? name : title,
    lead: `${points.length} points of a grid, ${seedsInWords(seeds)} at each: ${rows.length} runs${missing > 0 ? `, ${missing} still missing` : ''}`,
    paragraphs: paragraphsOf(manifest, parameters),
    scenarios: [...new Set(points.map(({ scenarioName }) => scenarioName))],
    protocols: protocols.includes('astral') ? ['astral', ...protocols.filter((each) => each !== 'astral')] : protocols,
    parameters,
    outcomes,
    seeds,
    nodes: [...new Set(rows.flatMap(({ nodes }) => (typeof nodes === 'number' ? [nodes] : [])))].sort((a, b) => a - b),
    version,
    command: `astral sweep ${name}.json --out results && astral report results`,
  };
}

/** Paths that take several values; one that only moves along with an earlier one is no parameter of its own. */
function parametersOf(points: readonly Point[]): Parameter[] {
  const paths = pathsOf(points);
  const columns = paths.map((path) => points.map((point) => valuesOf(point, [path])[0] ?? null));
  const texts = columns.map((column) => column.map((value) => JSON.stringify(value)));
  return paths.flatMap((path, index) => {
    const own = columns[index] ?? [];
    const along = texts.slice(0, index).some((earlier) => moves(earlier, texts[index] ?? []));
    const values = new Map(
      own.map((value) => [tableValue(value), { value: tableValue(value), text: showValue(value) }]),
    );
    if (along || values.size < 2) return [];
    return [{ path, values: [...values.values()].sort(byValue) }];
  });
}

/** Whether both always change together. */
function moves(earlier: readonly string[], later: readonly string[]): boolean {
  const pairs = new Set(earlier.map((text, index) => `${text} ${later[index] ?? ''}`));
  return pairs.size === new Set(earlier).size && pairs.size === new Set(later).size;
}

function byValue(a: Parameter['values'][number], b: Parameter['values'][number]): number {
  if (typeof a.value === 'number' && typeof b.value === 'number') return a.value - b.value;
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}

function outcomeOf(row: TableRow, parameters: readonly Parameter[]): Outcome {
  const metrics = new Map<string, number>();
  for (const name of NAMES) {
    const value = row[columnName(name)];
    if (typeof value === 'number') metrics.set(name, value);
    else if (value === null && NEVER.test(name)) metrics.set(name, Infinity);
  }
  const at = parameters.map(({ path, values }) => {
    const own = row[columnName(path)] ?? null;
    // A column of mixed kinds is text throughout.
    return Math.max(
      0,
      values.findIndex(({ value }) => value === own || (value !== null && String(value) === own)),
    );
  });
  const violations = row['violations'];
  return {
    scenario: String(row['scenario'] ?? ''),
    protocol: String(row['protocol'] ?? ''),
    at,
    seed: Number(row['seed'] ?? 0),
    metrics,
    violations: typeof violations === 'number' ? violations : 0,
    viewers: null,
  };
}

function paragraphsOf({ question, study }: Manifest, parameters: readonly Parameter[]): string[] {
  const varied = parameters.map(({ path, values }) => `${path} is ${values.map(({ text }) => text).join(', ')}`);
  // A study of scenario files is told without them: only its own folder knows where they are.
  const loaded = loadStudy(study, '.');
  const first = loaded.ok ? loaded.study.cells[0]?.scenario : undefined;
  return [
    ...(question === 'none stated' ? [] : [question]),
    ...(varied.length === 0 ? [] : [`Varied: ${varied.join('; ')}. All points see the same luck, seed by seed.`]),
    ...(first === undefined ? [] : ['The first point of the grid:', ...scenarioInWords(first)]),
  ];
}
