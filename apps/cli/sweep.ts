import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { buildFingerprint } from '../../experiments/sweep/build.js';
import { manifestOf, SweepDirectory, SweepRefusal } from '../../experiments/sweep/directory.js';
import { lockPart } from '../../experiments/sweep/lock.js';
import { pointName } from '../../experiments/sweep/point.js';
import { runSweep, shardOf, type Shard } from '../../experiments/sweep/run-sweep.js';
import { readStudy, type Study } from '../../experiments/sweep/study.js';
import { writeTables } from '../../experiments/sweep/tables.js';
import { EnvironmentFault, EXIT, UsageError } from '../exit-codes.js';
import { VERSION } from '../version.js';
import { wholeNumber } from './arguments.js';
import { Interrupt } from './interrupt.js';
import { Progress } from './progress.js';
import { planDocument, planTable } from './sweep-plan.js';
import { arrayPlan, planInJson, planInWords, submit } from './sweep-slurm.js';
import { duckdbLine, sweepDocument, sweepTable } from './sweep-table.js';

interface SweepFlags {
  readonly out?: string;
  readonly workers?: number;
  readonly shard?: Shard;
  readonly slurm?: boolean;
  readonly array?: number;
  readonly sbatch: readonly string[];
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const EXAMPLES = `
Examples:
  astral sweep study.json --out results --dry-run     the table of runs, and about how long they take
  astral sweep study.json --out results               all of them; the same line again goes on where it was interrupted
  astral sweep study.json --out results --shard 2/8   the second of eight parts, for a machine among several
  astral sweep study.json --out results --slurm --array 20 --sbatch --partition=short
  astral sweep merge results                          one results.parquet when all parts are there

A study file is a grid of scenarios, protocols, parameters and seeds; docs/sweeps.md describes it.
Exit code 0: done and all invariants held; 1: one was broken; 2: usage; 3: environment; 70: a bug; 130: interrupted.`;

/** How many of the runs that are missing a message names. */
const NAMED = 20;

/** Adds \`astral sweep\` and \`astral sweep merge\`. */
export function addSweep(program: Command): void {
  const sweep = program
    .command('sweep')
    .description('run every point of a study, and go on where an earlier sweep was interrupted')
    .argument('<study>', 'a study file')
    .option('--out <dir>', 'where the runs and the tables of their figures are kept')
    .option(
      '--workers <n>',
      'runs at the same time; as many as this machine has processors, unless given',
      wholeNumber(1),
    )
    .option('--shard <i/n>', 'do only the i-th of n parts, i from 1', shard)
    .option('--slurm', 'submit to a Slurm cluster: a job array, and a merge that waits for it')
    .option('--array <n>', 'tasks of the job array, 32 unless given', wholeNumber(1))
    .option('--sbatch <arg>', 'one more argument for sbatch, such as --partition=short; repeatable', repeated, [])
    .option('--dry-run', 'say what would be run, and run nothing')
    .option('--json', 'print one JSON document')
    .option('-q, --quiet', 'no progress and no word about files')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: SweepFlags) => {
      process.exitCode = await reporting(() => sweepStudy(path, flags));
    });
  sweep
    .command('merge')
    .description('make results.parquet and cost.parquet from all parts of a sweep')
    .argument('<dir>', 'where astral sweep --shard kept its runs')
    .addHelpText('after', '\nExample:\n  astral sweep merge results')
    .action(async (path: string, _flags: object, command: Command) => {
      process.exitCode = await reporting(() => mergeSweep(path, command.optsWithGlobals<SweepFlags>()));
    });
}

async function reporting(action: () => Promise<number> | number): Promise<number> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof SweepRefusal ? new UsageError(error.message) : error;
  }
}

async function sweepStudy(path: string, flags: SweepFlags): Promise<number> {
  const study = checkedStudy(path);
  const part = flags.shard ?? { index: 1, of: 1 };
  if (flags.slurm === true) return onSlurm(study, path, flags);
  if (flags.array !== undefined || flags.sbatch.length > 0)
    throw new UsageError('--array and --sbatch are for --slurm; add --slurm, or leave them out');
  if (flags.dryRun === true) {
    console.log(flags.json === true ? json(planDocument(study, flags.out, part)) : planTable(study, flags.out, part));
    return EXIT.done;
  }
  if (flags.out === undefined) throw new UsageError('astral sweep needs --out, such as --out results');
  const directory = SweepDirectory.begin(flags.out, manifestOf(study, VERSION, buildFingerprint()));
  const mine = shardOf(directory.size, part);
  const begin = performance.now();
  const ran = await runWithProgress(study, directory, flags, mine.length);
  if (ran === null) {
    console.error(`astral: interrupted; the same line again goes on with what is missing in ${flags.out}`);
    return EXIT.interrupted;
  }
  const seconds = Math.round((performance.now() - begin) / 100) / 10;
  if (flags.shard === undefined) return fold(directory, flags, ran, seconds);
  return concludePart(directory, flags, flags.shard, ran, mine);
}

function onSlurm(study: Study, path: string, flags: SweepFlags): number {
  if (flags.out === undefined) throw new UsageError('astral sweep --slurm needs --out, a folder that all machines see');
  if (flags.shard !== undefined)
    throw new UsageError('--slurm makes the parts itself; leave out --shard, or use --array');
  if (flags.workers !== undefined)
    throw new UsageError('--workers is for this machine; for threads of a task use --sbatch --cpus-per-task=N');
  const plan = arrayPlan(study.name, path, flags.out, study.cells.length * study.seeds.length, flags);
  if (flags.dryRun === true) {
    console.log(flags.json === true ? json(planInJson(plan)) : planInWords(plan));
    return EXIT.done;
  }
  const submitted = submit(plan, SweepDirectory.begin(flags.out, manifestOf(study, VERSION, buildFingerprint())));
  if (flags.json === true) console.log(json(submitted));
  else {
    const { array, merge, tasks, watch, logs } = submitted;
    console.log(`job ${array}: ${tasks} tasks; job ${merge}: merges when they are done`);
    console.log(`watch: ${watch}`);
    console.log(`logs:  ${logs}`);
    console.log(`a task that failed:  scontrol requeue JOB_TASK  (it goes on where it was)`);
  }
  return EXIT.done;
}

/** null when it was interrupted. */
async function runWithProgress(
  study: Study,
  directory: SweepDirectory,
  flags: SweepFlags,
  total: number,
): Promise<number | null> {
  const { index, of } = flags.shard ?? { index: 1, of: 1 };
  const lock = await lockPart(directory.path, `${index}/${of}`);
  if (lock === null)
    throw new EnvironmentFault(
      `another astral sweep is at work on ${of === 1 ? '' : `part ${index}/${of} of `}${directory.path}; wait for it, or stop it`,
    );
  const progress = new Progress(study.name, flags.quiet !== true);
  const interrupt = new Interrupt();
  try {
    return await runSweep(study, directory, {
      version: VERSION,
      signal: interrupt.signal,
      onProgress: (share, finished) => progress.update(share, `${finished} of ${total} runs`),
      ...(flags.workers === undefined ? {} : { workers: flags.workers }),
      ...(flags.shard === undefined ? {} : { shard: flags.shard }),
    });
  } catch (error) {
    if (interrupt.signal.aborted) return null;
    throw error;
  } finally {
    progress.stop();
    lock.close();
  }
}

/** A part alone makes no tables; it says what it did and broke. */
function concludePart(
  directory: SweepDirectory,
  flags: SweepFlags,
  { index, of }: Shard,
  ran: number,
  mine: readonly number[],
): number {
  const finished = directory.finished().size;
  const violations = mine.reduce((sum, at) => sum + brokenIn(directory, at), 0);
  const here = { shard: `${index}/${of}`, runs: mine.length, ran, finished, of: directory.size, violations };
  if (flags.json === true) console.log(json({ schema: 'astral.sweep-shard/1', ...here }));
  else console.log(`part ${here.shard}: ${mine.length} runs, ${ran} of them now; ${finished} of ${here.of} in all`);
  if (flags.quiet !== true) console.error(`when all parts are done: astral sweep merge ${directory.path}`);
  return violations > 0 ? EXIT.failed : EXIT.done;
}

function brokenIn(directory: SweepDirectory, at: number): number {
  return Object.values(directory.read(at).document.checks).reduce((sum, { count }) => sum + count, 0);
}

function mergeSweep(path: string, flags: SweepFlags): number {
  const directory = SweepDirectory.open(path);
  const done = directory.finished();
  const missing = Array.from({ length: directory.size }, (_, at) => at).filter((at) => !done.has(at));
  if (missing.length > 0) {
    const names = missing.slice(0, NAMED).map((at) => {
      const run = directory.nameOf(at);
      return `missing: ${pointName(run)} seed ${run.seed}`;
    });
    const more = missing.length > NAMED ? [`and ${missing.length - NAMED} more`] : [];
    const head = `${missing.length} of ${directory.size} runs are missing in ${path}; astral sweep STUDY --out ${path} does them`;
    throw new UsageError([head, ...names, ...more]);
  }
  return fold(directory, flags, 0);
}

function fold(directory: SweepDirectory, flags: SweepFlags, ran: number, seconds = 0): number {
  const folded = writeTables(directory);
  if (flags.json === true) console.log(json(sweepDocument(directory, folded, ran, seconds)));
  else console.log(`${sweepTable(directory.manifest, folded)}\n${duckdbLine(directory)}`);
  if (flags.quiet !== true) {
    console.error(
      `${ran} runs done in ${seconds} s, ${folded.results.length} in all; written to ${join(directory.path, 'results.parquet')}; figures: astral report ${directory.path}`,
    );
  }
  return folded.violations > 0 ? EXIT.failed : EXIT.done;
}

function checkedStudy(path: string): Study {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw new UsageError(`no study file "${path}"; docs/sweeps.md shows what one looks like`);
  const loaded = readStudy(path);
  if (loaded.ok) return loaded.study;
  const name = basename(path);
  throw new UsageError(
    loaded.problems.map((each) => `${name}: ${each.path === '' ? 'it' : each.path} ${each.message}`),
  );
}

/** For commander: an option that may be given several times. */
function repeated(text: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, text];
}

/** For commander: `2/8`. */
function shard(text: string): Shard {
  const [, index, of] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (index === undefined || of === undefined || index < 1 || index > of)
    throw new InvalidArgumentError('It must look like 2/8: the second of eight parts.');
  return { index, of };
}

function json(document: object): string {
  return JSON.stringify(document, null, 2);
}
