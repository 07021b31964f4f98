import { join } from 'node:path';

/** What the batch scripts of a sweep need to know; all paths are absolute and seen by every machine of the cluster. */
export interface ArrayPlan {
  readonly name: string;
  /** The program that runs `astral`, and its first arguments. */
  readonly astral: readonly string[];
  readonly study: string;
  readonly out: string;
  /** Tasks of the array; each does one part of the sweep. */
  readonly tasks: number;
  /** What the user adds to both `sbatch` lines. */
  readonly sbatch: readonly string[];
}

/** Times that a task asks to be put back into the queue when its process was killed. */
const REQUEUES = 3;

export function scriptPaths(out: string): { readonly array: string; readonly merge: string; readonly logs: string } {
  const folder = join(out, 'slurm');
  return { array: join(folder, 'array.sh'), merge: join(folder, 'merge.sh'), logs: folder };
}

/**
 * One task of the array. Broken invariants (exit code 1) are a result and not a failure, so the merge still comes; what
 * was killed goes back into the queue, and resumes there. Slurm never starts the merge once a task was cancelled, even if
 * that was requeued and succeeded, so whoever finishes last merges, too; both write the same bytes.
 */
export function arrayScript(plan: ArrayPlan): string {
  const { astral, study, out, tasks } = plan;
  const words = (...more: readonly string[]): string => [...astral, 'sweep', ...more].map(quoted).join(' ');
  return `#!/bin/bash
${words(study, '--out', out)} --shard "$SLURM_ARRAY_TASK_ID/${tasks}" --workers "\${SLURM_CPUS_PER_TASK:-1}" -q
code=$?
if [ "$code" -ge 128 ] && [ "\${SLURM_RESTART_COUNT:-0}" -lt ${REQUEUES} ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
[ "$code" -le 1 ] || exit "$code"
${words('merge', out, '-q')} > ${quoted(join(scriptPaths(out).logs, 'last.log'))} 2>&1
exit 0
`;
}

/** What runs when all tasks are done. */
export function mergeScript({ astral, out }: ArrayPlan): string {
  return `#!/bin/bash\n${[...astral, 'sweep', 'merge', out].map(quoted).join(' ')}\n`;
}

/** Arguments of the two \`sbatch\` calls; the second waits for the job that the first answers. */
export function arrayArguments({ name, out, tasks, sbatch }: ArrayPlan): string[] {
  const { array, logs } = scriptPaths(out);
  const log = `--output=${join(logs, '%A_%a.log')}`;
  const fixed = [
    '--parsable',
    `--job-name=astral-${name}`,
    `--array=1-${tasks}`,
    '--requeue',
    '--open-mode=append',
    log,
  ];
  return [...fixed, ...sbatch, array];
}

export function mergeArguments({ name, out, sbatch }: ArrayPlan, job: string): string[] {
  const { merge, logs } = scriptPaths(out);
  const log = `--output=${join(logs, 'merge-%j.log')}`;
  const fixed = [
    '--parsable',
    `--job-name=astral-${name}-merge`,
    `--dependency=afterok:${job}`,
    '--kill-on-invalid-dep=yes',
    '--requeue',
    log,
  ];
  return [...fixed, ...sbatch, merge];
}

/** A word as a shell reads it back. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
