import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { variantsOf } from '../sim/scenario.js';
import type { Json } from '../sim/scenario/schema.js';
import { listWorkloads, readWorkload } from './workloads.js';

/** What a name such as `w02`, `w02@100` or `storm.json` stands for, or why it stands for nothing. */
export type NamedScenario =
  | {
      readonly ok: true;
      readonly base: string;
      readonly file: Json;
      readonly variant: string | undefined;
      /** Where the files that it names are looked for. */
      readonly folder: string;
    }
  | { readonly ok: false; readonly problem: string };

/** Finds a workload or a scenario file by name; paths are seen from `folder`. */
export function namedScenario(name: string, folder = '.'): NamedScenario {
  const at = name.lastIndexOf('@');
  const whole = read(name, folder);
  const base = whole === null && at > 0 ? name.slice(0, at) : name;
  const found = whole ?? read(base, folder);
  if (found === null) {
    const known = listWorkloads().map(({ id }) => id);
    const problem = `no workload and no scenario file "${base}"; workloads are ${known.join(', ')} (see astral list workloads)`;
    return { ok: false, problem };
  }
  if ('problem' in found) return { ok: false, problem: found.problem };
  const variant = base === name ? undefined : name.slice(at + 1);
  const variants = variantsOf(found.file);
  if (variant !== undefined && !variants.includes(variant)) {
    return { ok: false, problem: `${base} has no variant "${variant}"; it has ${variants.join(', ') || 'none'}` };
  }
  return { ok: true, base, file: found.file, variant, folder: dirname(resolve(folder, base)) };
}

function read(name: string, folder: string): { readonly file: Json } | { readonly problem: string } | null {
  const workload = readWorkload(name);
  if (workload !== null) return { file: workload };
  const path = resolve(folder, name);
  if (!existsSync(path) || !statSync(path).isFile()) return null;
  try {
    return { file: JSON.parse(readFileSync(path, 'utf8')) as Json };
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: `${name} is not JSON: ${error.message}` };
    throw error;
  }
}
