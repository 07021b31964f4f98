import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadScenario } from '../../sim/scenario.js';
import { flatten, type ComparisonDocument } from '../compare/comparison.js';
import { COMMAND, comparedRun } from '../compare/kept.js';
import type { TimedDocument } from '../timed.js';
import { readTable, type TableRow } from './parquet.js';
import { readJson } from './run-data.js';
import { scenarioInWords } from './scenario-words.js';
import type { Outcome, StudyData } from './study-data.js';

type KeptRun = TimedDocument & { readonly variant: string };

/** Whether the folder is what `astral compare --out` wrote. */
export function isComparison(folder: string): boolean {
  return existsSync(join(folder, 'compare.json')) && existsSync(join(folder, 'runs.ndjson'));
}

export async function readComparison(folder: string): Promise<StudyData> {
  const comparison = readJson(join(folder, 'compare.json')) as unknown as ComparisonDocument;
  const lines = readFileSync(join(folder, 'runs.ndjson'), 'utf8').trimEnd().split('\n');
  const runs = lines.map((line) => JSON.parse(line) as KeptRun);
  const outcomes: Outcome[] = [];
  for (const run of runs) {
    outcomes.push({
      scenario: run.scenario,
      protocol: run.protocol,
      at: [],
      seed: run.seed,
      metrics: new Map(flatten(run.metrics).filter(([, value]) => !Number.isNaN(value))),
      violations: Object.values(run.checks).reduce((sum, { count }) => sum + count, 0),
      viewers: await viewersOf(folder, run),
    });
  }
  const { workload, seeds, nodes, version } = comparison;
  const command = join(folder, COMMAND);
  const protocols = [...new Set(runs.map(({ protocol }) => protocol))];
  const scenarios = [...new Set(runs.map(({ scenario }) => scenario))];
  return {
    kind: 'comparison',
    title: `${protocols.join(', ')} under ${workload}`,
    lead: `${nodes} viewers, ${seedsInWords(seeds)}; equal seeds give equal arrivals, links and failures to all`,
    paragraphs: scenarioParagraphs(folder, runs),
    scenarios,
    protocols,
    parameters: [],
    outcomes,
    seeds,
    nodes: [...new Set(runs.map((run) => run.nodes))],
    version,
    command: existsSync(command)
      ? readFileSync(command, 'utf8').trim()
      : `astral compare ${workload} --nodes ${nodes} --seeds ${seeds.join()} --protocols ${protocols.join()}`,
  };
}

/** `seed 7`, `seeds 1 to 10` or `seeds 1, 3, 9`. */
export function seedsInWords(seeds: readonly number[]): string {
  const [first = 0] = seeds;
  if (seeds.length === 1) return `seed ${first}`;
  const unbroken = seeds.every((seed, index) => seed === first + index);
  if (unbroken) return `seeds ${first} to ${first + seeds.length - 1}`;
  return seeds.length > 12 ? `${seeds.length} seeds` : `seeds ${seeds.join(', ')}`;
}

async function viewersOf(folder: string, { variant, protocol, seed }: KeptRun): Promise<TableRow[] | null> {
  const file = join(folder, comparedRun(variant, protocol, seed), 'viewers.parquet');
  return existsSync(file) ? await readTable(file) : null;
}

/** The first scenario in words, and the titles of its variants. */
function scenarioParagraphs(folder: string, runs: readonly KeptRun[]): string[] {
  const first = new Map(runs.toReversed().map((run) => [run.scenario, run]));
  const scenarios = [...first.values()].toReversed().flatMap(({ variant, protocol, seed }) => {
    const file = join(folder, comparedRun(variant, protocol, seed), 'scenario.json');
    const loaded = existsSync(file) ? loadScenario(readJson(file), {}) : null;
    return loaded?.ok === true ? [loaded.scenario] : [];
  });
  const [main, ...others] = scenarios;
  if (main === undefined) return [];
  const titles = others.map(({ name, title }) => `${name}: ${title}.`);
  return [...scenarioInWords(main), ...(titles.length === 0 ? [] : [`Variants: ${titles.join(' ')}`])];
}
