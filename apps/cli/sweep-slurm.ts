import { spawnSync } from 'node:child_process';
import { realpathSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeFolder } from '../../experiments/make-folder.js';
import type { SweepDirectory } from '../../experiments/sweep/directory.js';
import {
  arrayArguments,
  arrayScript,
  mergeArguments,
  mergeScript,
  quoted,
  scriptPaths,
  type ArrayPlan,
} from '../../experiments/sweep/slurm.js';
import type { JsonObject } from '../../sim/scenario.js';
import { EnvironmentFault } from '../exit-codes.js';

/** Most tasks of an array unless the user asks for more; clusters allow about a thousand. */
const TASKS = 32;

export interface SlurmFlags {
  readonly array?: number;
  readonly sbatch: readonly string[];
}

/** The plan of a sweep of \`runs\` runs. */
export function arrayPlan(name: string, study: string, out: string, runs: number, flags: SlurmFlags): ArrayPlan {
  return {
    name,
    astral: [process.execPath, realpathSync(process.argv[1] ?? 'astral')],
    study: resolve(study),
    out: resolve(out),
    tasks: Math.min(runs, flags.array ?? TASKS),
    sbatch: flags.sbatch,
  };
}

/** What would be written and submitted, for people. */
export function planInWords(plan: ArrayPlan): string {
  const { array, merge } = scriptPaths(plan.out);
  const line = (words: readonly string[]): string => ['sbatch', ...words].map(quoted).join(' ');
  return [
    `# ${array}\n${arrayScript(plan)}`,
    `# ${merge}\n${mergeScript(plan)}`,
    line(arrayArguments(plan)),
    line(mergeArguments(plan, '<job of the array>')),
  ].join('\n');
}

/** What would be written and submitted, for programs. */
export function planInJson(plan: ArrayPlan): JsonObject {
  const { array, merge } = scriptPaths(plan.out);
  return {
    schema: 'astral.sweep-slurm-plan/1',
    tasks: plan.tasks,
    study: plan.study,
    out: plan.out,
    scripts: { [array]: arrayScript(plan), [merge]: mergeScript(plan) },
    sbatch: [arrayArguments(plan), mergeArguments(plan, '<job of the array>')],
  };
}

/** What Slurm answered. */
export interface Submitted {
  readonly schema: 'astral.sweep-slurm/1';
  readonly array: string;
  readonly merge: string;
  readonly tasks: number;
  readonly watch: string;
  readonly logs: string;
}

/** Writes the batch scripts and submits the array and the merge that depends on it. */
export function submit(plan: ArrayPlan, directory: SweepDirectory): Submitted {
  const { array, merge, logs } = scriptPaths(resolve(directory.path));
  makeFolder(logs);
  writeFileSync(array, arrayScript(plan), { mode: 0o755 });
  writeFileSync(merge, mergeScript(plan), { mode: 0o755 });
  const job = sbatch(arrayArguments(plan));
  const after = sbatch(mergeArguments(plan, job));
  const watch = `squeue --jobs=${job},${after}`;
  return { schema: 'astral.sweep-slurm/1', array: job, merge: after, tasks: plan.tasks, watch, logs };
}

/** Submits one job and answers its number. */
function sbatch(parameters: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync('sbatch', parameters, { encoding: 'utf8' });
  if (error !== undefined) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new EnvironmentFault(
      'sbatch is not here: --slurm wants a machine from which jobs are submitted to a Slurm cluster; without --slurm the sweep runs on this one',
    );
  }
  const [job] = /^\d+/.exec(stdout) ?? [];
  if (status !== 0 || job === undefined) {
    throw new EnvironmentFault(
      `sbatch refused the job: ${stderr.trim() || stdout.trim() || `it ended with ${status}`}`,
    );
  }
  return job;
}
