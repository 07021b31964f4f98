import { existsSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { PROTOCOLS, type Entry } from '../../experiments/protocols.js';
import { NoRun, readRun, type RecordedRun } from '../../experiments/replay/recorded-run.js';
import { repeat } from '../../experiments/replay/repeat.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { VERSION } from '../version.js';
import { Progress } from './progress.js';
import { repeatText } from './replay-text.js';

interface ReplayFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const EXAMPLES = `
Examples:
  astral replay runs/latest                        the same digest, or the first event that differs

Exit code 0: the same; 1: it differs; 2: usage; 3: environment; 70: a bug.`;

/** Adds \`astral replay\`. */
export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('repeat a recorded run, and compare')
    .argument('<run>', 'directory of a run')
    .option('--json', 'print one JSON document')
    .option('-q, --quiet', 'no progress')
    .option('--debug', 'show stacks')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: ReplayFlags) => {
      process.exitCode = await replay(path, flags);
    });
}

async function replay(path: string, flags: ReplayFlags): Promise<number> {
  if (!existsSync(path)) throw new UsageError(`there is no ${path}; runs are kept in runs/, the newest is runs/latest`);
  if (!statSync(path).isDirectory()) throw new UsageError(`${path} is no directory of a run`);
  return await replayRun(openRun(path), flags);
}

/** The run in a directory; what is missing there is a mistake of usage. */
function openRun(path: string): RecordedRun {
  try {
    return readRun(path);
  } catch (error) {
    throw error instanceof NoRun ? new UsageError(error.message.split('\n')) : error;
  }
}

function entryOf(run: RecordedRun): Entry {
  const entry = PROTOCOLS.get(run.protocol);
  if (entry === undefined) {
    throw new UsageError(
      `the run is of protocol "${run.protocol}"; this astral has ${[...PROTOCOLS.keys()].join(', ')}`,
    );
  }
  return entry;
}

async function replayRun(run: RecordedRun, flags: ReplayFlags): Promise<number> {
  const progress = new Progress(run.scenario.name, flags.quiet !== true);
  const onProgress = (share: number): void => progress.update(share);
  const result = await repeat(run, entryOf(run), { onProgress }).finally(() => progress.stop());
  const document = { schema: 'astral.replay/1', version: VERSION, recordedBy: run.version, run: run.path, ...result };
  console.log(flags.json === true ? JSON.stringify(document, null, 2) : repeatText(result, run, VERSION));
  return result.same ? EXIT.done : EXIT.failed;
}
