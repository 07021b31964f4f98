import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadScenario, type Json, type JsonObject, type Scenario } from '../../sim/scenario.js';
import { RECORDING } from '../run-directory.js';
import type { TimedDocument } from '../timed.js';
import { listWorkloads, readWorkload } from '../workloads.js';
import { readTable, type TableRow, Unreadable } from './parquet.js';

/** All that a run directory holds and a report shows. */
export interface RunData {
  readonly scenario: Scenario;
  readonly file: JsonObject;
  readonly document: TimedDocument;
  readonly viewers: readonly TableRow[];
  readonly timeline: readonly TableRow[];
  /** Path of the recording; null where none was kept. */
  readonly recording: string | null;
}

/** Whether the folder is the directory of a run that ended. */
export function isRun(folder: string): boolean {
  return existsSync(join(folder, 'summary.json')) && existsSync(join(folder, 'scenario.json'));
}

export async function readRun(folder: string): Promise<RunData> {
  const file = readJson(join(folder, 'scenario.json')) as JsonObject;
  const loaded = loadScenario(file, {});
  if (!loaded.ok) {
    const problems = loaded.problems.map(({ path, message }) => `${path} ${message}`).join('; ');
    throw new Unreadable(`${join(folder, 'scenario.json')} is not a scenario of this version: ${problems}`);
  }
  const recording = join(folder, RECORDING);
  return {
    scenario: loaded.scenario,
    file,
    document: readJson(join(folder, 'summary.json')) as unknown as TimedDocument,
    viewers: await readTable(join(folder, 'viewers.parquet')),
    timeline: await readTable(join(folder, 'timeline.parquet')),
    recording: existsSync(recording) ? recording : null,
  };
}

export function readJson(path: string): Json {
  const text = readFileSync(path, 'utf8');
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new Unreadable(`${path} is not JSON: ${(error as Error).message}`);
  }
}

/** The shortest command that repeats the run: by the name of its workload, where nothing else was changed. */
export function commandOf({ file, document }: RunData): string {
  const { scenario, protocol, seed } = document;
  const rest = `--seed ${seed}`;
  const at = scenario.lastIndexOf('@');
  const [id, variant] = at > 0 ? [scenario.slice(0, at), scenario.slice(at + 1)] : [scenario, undefined];
  const known = listWorkloads().some((workload) => workload.id === id) ? readWorkload(id) : null;
  const changes = known === null ? null : workloadFlags(known, variant, file);
  const other = protocol === 'astral' ? '' : ` --protocol ${protocol}`;
  return changes === null ? `astral sim scenario.json ${rest}` : `astral sim ${scenario}${changes}${other} ${rest}`;
}

/** Flags that make the scenario of this workload; null when flags alone do not. */
function workloadFlags(workload: Json, variant: string | undefined, file: JsonObject): string | null {
  const { viewers, duration, protocol } = file;
  if (typeof viewers !== 'number') return null;
  const options = {
    ...(variant === undefined ? {} : { variant }),
    viewers,
  };
  const set = [['protocol', protocol ?? 'astral']] as const;
  const same = (extra: { readonly duration?: string }): boolean => {
    const loaded = loadScenario(workload, { ...options, ...extra, set: [...set] });
    return loaded.ok && JSON.stringify(loaded.document) === JSON.stringify(file);
  };
  const nodes = ` --nodes ${viewers}`;
  if (same({})) return nodes;
  return typeof duration === 'string' && same({ duration }) ? `${nodes} --duration ${duration}` : null;
}
