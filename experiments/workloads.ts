import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { textOf, variantsOf } from '../sim/scenario.js';
import { isObject, type Json } from '../sim/scenario/schema.js';

/** The workloads that come with astral; seen from `dist/experiments` as from here they lie in the sources. */
const FOLDER = ['./workloads/', '../../experiments/workloads/']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(`${path}w01.json`));

export interface Workload {
  readonly id: string;
  readonly title: string;
  readonly variants: readonly string[];
}

/** All workloads by id. */
export function listWorkloads(): Workload[] {
  if (FOLDER === undefined) return [];
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return files.sort().map((name) => {
    const id = name.slice(0, -'.json'.length);
    const file = readWorkload(id);
    return { id, title: isObject(file) ? textOf(file['title']) : '', variants: variantsOf(file) };
  });
}

/** Content of the scenario file of a workload; null when there is none of this id. */
export function readWorkload(id: string): Json {
  if (FOLDER === undefined || !/^[a-z0-9-]+$/.test(id) || !existsSync(`${FOLDER}${id}.json`)) return null;
  return JSON.parse(readFileSync(`${FOLDER}${id}.json`, 'utf8')) as Json;
}
