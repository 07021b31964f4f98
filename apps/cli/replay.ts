import { existsSync, statSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import type { Time } from '../../core/units.js';
import { PROTOCOLS, type Entry } from '../../experiments/protocols.js';
import { NoRun, readRun, type RecordedRun } from '../../experiments/replay/recorded-run.js';
import { repeat } from '../../experiments/replay/repeat.js';
import type { Json } from '../../sim/scenario.js';
import { parseDuration } from '../../sim/scenario/units.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { VERSION } from '../version.js';
import { assignment } from './arguments.js';
import { Progress } from './progress.js';
import { replayAt, type TravelFlags } from './replay-fork.js';
import { replayJournal, replayNode } from './replay-node.js';
import { repeatText } from './replay-text.js';

interface ReplayFlags extends TravelFlags {
  readonly log?: boolean;
  readonly at?: string;
}

const EXAMPLES = `
Examples:
  astral replay runs/latest                        the same digest, or the first event that differs
  astral replay runs/latest --at 120s              the world at that moment, a line for each node
  astral replay runs/latest --at 120s --node v17   all that one node knows then, as JSON
  astral replay runs/latest --at 2m --set settings.selection=random
                                                   the same past, two futures: as recorded, and with another policy
  astral replay runs/latest --at 2m --fault '{"at": "130s", "kind": "crash", "target": "viewer", "share": 0.3}'
                                                   the same with a fault that the recorded run did not have
  astral replay runs/latest --node v17             what one node was told and did, and that it does the same alone
  astral replay node.journal                       what astralnode --journal wrote: the same effects, or where they part

Settings and the faults to come can change on the way; all else belongs to the past, too.
Exit code 0: the same; 1: it differs; 2: usage; 3: environment; 70: a bug.`;

/** Adds \`astral replay\`. */
export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('repeat a recorded run or the journal of a live node, compare, and travel in it')
    .argument('<run>', 'directory of a run, or journal of a node')
    .option('--at <time>', 'show the world at this virtual time, such as 120s')
    .option('--node <id>', 'one node of a run: all that it was told and did, or what it knows at a moment')
    .option('--log', 'for a journal: all that the node was told and did')
    .option('--set <path=json>', 'with --at: change a key from then on; repeatable', assignment, [])
    .option('--fault <json>', 'with --at: one more fault, as in a plan; repeatable', jsonList, [])
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
  if (!statSync(path).isDirectory()) {
    const only = flags.at ?? flags.node ?? flags.set[0] ?? flags.fault[0];
    if (only !== undefined) throw new UsageError('--at, --node, --set and --fault are for runs, not for journals');
    return replayJournal(path, flags);
  }
  const run = openRun(path);
  if (flags.at !== undefined) return replayAt(run, entryOf(run), timeOf(flags.at), flags);
  if (flags.set.length > 0 || flags.fault.length > 0) throw new UsageError('--set and --fault need --at, from when on');
  if (flags.node !== undefined) return replayNode(run, entryOf(run), flags.node, flags);
  if (flags.log === true) throw new UsageError('--log is for journals; for a run, name a node with --node');
  return await replayRun(run, flags);
}

function timeOf(text: string): Time {
  const at = parseDuration(text);
  if (at === null) throw new UsageError(`--at must be a time with its unit, such as 120s or 2m, not ${text}`);
  return at;
}

/** For commander: a JSON value, repeatable. */
function jsonList(text: string, earlier: readonly Json[]): Json[] {
  try {
    return [...earlier, JSON.parse(text) as Json];
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${(error as Error).message}.`);
  }
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
