import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadScenario, type Json, type Scenario } from '../../sim/scenario.js';
import { isObject } from '../../sim/scenario/schema.js';
import { DIGESTS, INPUTS } from '../run-directory.js';

/** What a run directory says about its run, as far as it takes to repeat it. */
export interface RecordedRun {
  readonly path: string;
  readonly scenario: Scenario;
  /** `scenario.json`, with units. */
  readonly document: Json;
  readonly protocol: string;
  readonly seed: number;
  readonly digest: string;
  readonly events: number;
  readonly version: string;
  /** Digests on the way; null for a run that kept none. */
  readonly prefixes: { readonly every: number; readonly digests: readonly string[]; readonly node: string } | null;
  /** File with every input; null where none was kept. */
  readonly inputs: string | null;
}

/** A directory that holds no run that could be repeated; the message says what is missing. */
export class NoRun extends Error {}

/** Reads a run directory; throws a `NoRun` where there is no complete run. */
export function readRun(path: string): RecordedRun {
  const document = readJson(join(path, 'scenario.json'));
  const summary = readJson(join(path, 'summary.json'));
  if (document === undefined) throw new NoRun(`${path} is no run: it has no scenario.json`);
  if (summary === undefined) throw new NoRun(`${path} is no complete run: it has no summary.json`);
  const loaded = loadScenario(document);
  if (!loaded.ok) {
    const problems = loaded.problems.map((problem) => `${path}/scenario.json: ${problem.path} ${problem.message}`);
    throw new NoRun(problems.join('\n'));
  }
  const run = isObject(summary) && isObject(summary['run']) ? summary['run'] : {};
  const told = isObject(summary) ? summary : {};
  const { protocol, seed, digest, version } = told;
  const { events } = run;
  if (
    typeof protocol !== 'string' ||
    typeof seed !== 'number' ||
    typeof digest !== 'string' ||
    typeof events !== 'number'
  ) {
    throw new NoRun(`${path}/summary.json has no protocol, seed, digest or number of events`);
  }
  const inputs = join(path, INPUTS);
  return {
    ...{ path, scenario: loaded.scenario, document, protocol, seed, digest, events },
    version: typeof version === 'string' ? version : 'unknown',
    prefixes: prefixesOf(readJson(join(path, DIGESTS))),
    inputs: existsSync(inputs) ? inputs : null,
  };
}

function prefixesOf(file: Json | undefined): RecordedRun['prefixes'] {
  if (!isObject(file)) return null;
  const { every, prefixes, node } = file;
  if (typeof every !== 'number' || every < 1 || !Array.isArray(prefixes)) return null;
  const digests = prefixes.filter((each: Json) => typeof each === 'string');
  return { every, digests, node: typeof node === 'string' ? node : 'unknown' };
}

/** undefined when there is no such file; throws a `NoRun` when it is not JSON. */
function readJson(path: string): Json | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Json;
  } catch (error) {
    throw new NoRun(`${path} is not JSON: ${(error as Error).message}`);
  }
}
