import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Problem } from '../../core/config.js';
import { tablesIn } from '../../experiments/data/tables.js';
import { namedScenario } from '../../experiments/named-scenario.js';
import { MOST_SEEDS, parseSeeds } from '../../experiments/sweep/study-shape.js';
import { loadScenario, variantsOf, type Json, type Loaded, type ScenarioOptions } from '../../sim/scenario.js';
import { UsageError } from '../exit-codes.js';

/** For commander: a whole number from `min`. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < min || !/^\d+$/.test(text)) {
      throw new InvalidArgumentError(`It must be a whole number from ${min}.`);
    }
    return value;
  };
}

/** For commander: `path=JSON`, repeatable. What is not JSON is taken as text, so that `sessions.mean=100s` works. */
export function assignment(text: string, earlier: readonly (readonly [string, Json])[]): (readonly [string, Json])[] {
  const [, path, value] = /^([\w-]+(?:\.[\w-]+)*)=(.*)$/s.exec(text) ?? [];
  if (path === undefined || value === undefined) {
    throw new InvalidArgumentError('It must look like stream.bitrate="1Mbit".');
  }
  return [...earlier, [path, parseLoosely(value)]];
}

function parseLoosely(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** Finds `w02`, `w02@100` or a scenario file, and reads it with the changes of the command line. */
export function findScenario(name: string, options: ScenarioOptions): Extract<Loaded, { ok: true }> {
  const found = namedScenario(name);
  if (!found.ok) throw new UsageError(found.problem);
  const { base, file, folder, variant } = found;
  const tables = { file: tablesIn(folder), set: tablesIn('.') };
  const loaded = loadScenario(file, { tables, ...options, ...(variant === undefined ? {} : { variant }) });
  if (loaded.ok) return loaded;
  throw new UsageError(loaded.problems.map((problem) => worded(base, problem)));
}

/** What tells apart the folders that --out fills. */
const RESULTS = { 'summary.json': 'a run', 'compare.json': 'a comparison', 'manifest.json': 'a sweep' } as const;

/** Refuses a folder with results of another kind, which would be written over and hidden from `astral report`. */
export function refuseOtherResults(folder: string, own: keyof typeof RESULTS): void {
  for (const [file, what] of Object.entries(RESULTS))
    if (file !== own && existsSync(join(folder, file)))
      throw new UsageError(`${folder} holds ${what}; give --out a new directory`);
}

/** What is wrong with a file of data stands at a line and a cell there; all else under a key of the scenario. */
function worded(file: string, { path, message }: Problem): string {
  if (/:\d+:\d+$/.test(path)) return `${path}: ${message}`;
  return `${file}: ${path === '' ? 'it' : path} ${message}`;
}

/** What a name stands for when everything is to be run: the variant it names, or the default and all variants. */
export function variantsNamed(name: string): { readonly name: string; readonly variant: string }[] {
  const found = namedScenario(name);
  if (!found.ok || found.variant !== undefined) {
    return [{ name, variant: name.includes('@') ? name.slice(name.lastIndexOf('@') + 1) : 'default' }];
  }
  return [
    { name, variant: 'default' },
    ...variantsOf(found.file).map((variant) => ({ name: `${name}@${variant}`, variant })),
  ];
}

/** For commander: `1..10`, both ends included, or `1,2,5`. */
export function seedList(text: string): readonly number[] {
  const seeds = parseSeeds(text);
  if (seeds !== null) return seeds;
  throw new InvalidArgumentError(`It must look like 1..10 or 1,2,5, with at most ${MOST_SEEDS} seeds.`);
}
