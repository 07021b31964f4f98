import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { PROTOCOLS } from '../../experiments/protocols.js';
import { linkLatest, RunDirectory, runPath } from '../../experiments/run-directory.js';
import type { TimedResult } from '../../experiments/timed.js';
import { InputComparison, InputLog, type Difference, type InputRecord } from '../../sim/inputs.js';
import type { CheckLevel } from '../../sim/checkers/panel.js';
import type { Json, JsonObject, Scenario } from '../../sim/scenario.js';
import { firstDifference } from '../../sim/simulate.js';
import { assignment, findScenario, refuseOtherResults, wholeNumber } from './arguments.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { runWithMoreMemory } from './memory.js';
import { Progress } from './progress.js';
import { differenceText } from './replay-text.js';
import { simTable } from './sim-table.js';
import { VERSION } from '../version.js';

interface SimFlags {
  readonly nodes?: number;
  readonly seed: number;
  readonly protocol?: string;
  readonly set: readonly (readonly [string, Json])[];
  readonly duration?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly trace?: boolean;
  readonly record?: boolean;
  readonly twice?: boolean;
  readonly check?: CheckLevel;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

const EXAMPLES = `
Examples:
  astral sim w02                                   the churn workload, 200 viewers, 6 minutes
  astral sim w02@100 --nodes 300 --seed 7 --json   a variant, more viewers, one JSON document
  astral sim w01 --set stream.bitrate=1Mbit --check all
  astral sim w02 --record && astral view           record a run, and look at it in the browser
  astral sim my-scenario.json --trace --out runs/mine
  astral replay runs/mine                          repeat it, compare, and travel in it

Exit code 0: done and all invariants held; 1: one was broken, or two runs differed; 2: usage; 3: environment; 70: a bug.`;

/** Adds \`astral sim\`. */
export function addSim(program: Command): void {
  program
    .command('sim')
    .description('run a workload or a scenario file in the simulator')
    .argument('<workload>', 'id of a workload, perhaps with @variant, or a scenario file')
    .option('--nodes <n>', 'number of viewers', wholeNumber(1))
    .option('--seed <n>', 'seed of all that is random', wholeNumber(0), 1)
    .option('--protocol <name>', 'protocol under test')
    .option('--set <path=json>', 'change one key of the scenario; repeatable', assignment, [])
    .option('--duration <time>', 'virtual time of the run, such as 90s or 10m')
    .option('--out <dir>', 'write the run into this directory')
    .option('--json', 'print one JSON document; write nothing unless --out is given')
    .option('--record', 'keep what astral view draws in recording.ndjson.gz')
    .option('--trace', 'keep every trace event in trace.ndjson.gz and every input in inputs.ndjson.gz, too')
    .option('--twice', 'run twice and compare event by event')
    .addOption(new Option('--check <level>', 'which invariants to check').choices(['off', 'cheap', 'all']))
    .option('-q, --quiet', 'no progress and no word about files')
    .option('--debug', 'show stacks')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, flags: SimFlags) => {
      process.exitCode = await sim(name, flags);
    });
}

async function sim(name: string, flags: SimFlags): Promise<number> {
  const { scenario, document } = findScenario(name, {
    ...(flags.nodes === undefined ? {} : { viewers: flags.nodes }),
    ...(flags.duration === undefined ? {} : { duration: flags.duration }),
    set: [...flags.set, ...(flags.protocol === undefined ? [] : [['protocol', flags.protocol] as const])],
  });
  const writes = flags.out !== undefined || flags.json !== true;
  const keeps = flags.trace === true ? '--trace' : flags.record === true ? '--record' : null;
  if (keeps !== null && !writes) throw new UsageError([`${keeps} with --json needs --out, since it writes a file`]);
  contender(scenario.protocol);
  if (flags.out !== undefined) {
    refuseOtherResults(flags.out, 'summary.json');
    refuseToReplaceInput(name, flags.out, document);
  }
  const elsewhere = runWithMoreMemory(scenario.viewers);
  if (elsewhere !== null) return elsewhere;
  const path = flags.out ?? runPath('runs', new Date(), scenario.name, scenario.protocol, flags.seed);
  const directory = writes ? new RunDirectory(path, document) : null;
  const result = runOnceOrTwice(scenario, flags, directory);
  directory?.write(result);
  if (directory !== null && flags.out === undefined) linkLatest(path);
  console.log(flags.json === true ? JSON.stringify(result.document, null, 2) : simTable(result.document, scenario));
  if (directory !== null) {
    // Charts take a while to load; who wants only figures does not wait for them.
    const { reportInPlace } = await import('../../experiments/report/report.js');
    await reportInPlace(path, false);
    if (flags.quiet !== true) console.error(`written to ${path}, with a page to look at: report.html`);
  }
  return result.document.violations.length > 0 ? EXIT.failed : EXIT.done;
}

/** The scenario as a user wrote it must not become the long form of itself. */
function refuseToReplaceInput(name: string, out: string, document: JsonObject): void {
  const target = join(out, 'scenario.json');
  if (!existsSync(target) || !existsSync(name) || realpathSync(name) !== realpathSync(target)) return;
  if (readFileSync(target, 'utf8') !== `${JSON.stringify(document, null, 2)}\n`)
    throw new UsageError(`--out ${out} would write over ${name}; give --out a new directory`);
}

function contender(name: string): NonNullable<ReturnType<typeof PROTOCOLS.get>> {
  const found = PROTOCOLS.get(name);
  if (found === undefined) {
    throw new UsageError([`no protocol "${name}"; there are ${[...PROTOCOLS.keys()].join(', ')}`]);
  }
  return found;
}

function runOnceOrTwice(scenario: Scenario, flags: SimFlags, directory: RunDirectory | null): TimedResult {
  const trace = flags.trace === true && directory !== null ? directory.trace() : null;
  const records = flags.record === true || flags.trace === true;
  const inputs = flags.trace === true && directory !== null ? directory.inputs() : null;
  const log = flags.twice === true ? new InputLog() : null;
  const comparison = log === null ? null : new InputComparison(log);
  const recording = records && directory !== null ? directory.recording(scenario, flags.seed) : null;
  const first = (record: InputRecord): void => {
    inputs?.write(record);
    log?.add(record);
  };
  const run = (label: string, watch: ((record: InputRecord) => void) | null): TimedResult => {
    const progress = new Progress(label, flags.quiet !== true);
    try {
      return contender(scenario.protocol).simulate(scenario, {
        seed: flags.seed,
        version: VERSION,
        onProgress: (now, end) => progress.update(now / end),
        debug: flags.debug === true,
        ...(flags.check === undefined ? {} : { check: flags.check }),
        ...(watch === null ? {} : { inputs: watch }),
        ...(trace === null || label === 'again' ? {} : { trace: (at, node, event) => trace.write(at, node, event) }),
        ...(recording === null || label === 'again' ? {} : { recorder: recording }),
      });
    } finally {
      progress.stop();
    }
  };
  const result = run(scenario.name, inputs === null && log === null ? null : first);
  trace?.close();
  inputs?.close();
  recording?.close(result.document);
  if (comparison === null) return result;
  const again = run('again', (record) => comparison.add(record));
  return compared(result, again, comparison.finish());
}

/** S20: equal scenario, seed and build give an equal digest. */
function compared(first: TimedResult, second: TimedResult, event: Difference | null): TimedResult {
  const { document } = first;
  const difference = firstDifference(first, second);
  const held = difference === null && event === null;
  const checks = { ...document.checks, S20: { verdict: held ? 'held' : 'violated', count: held ? 0 : 1 } } as const;
  if (held) return { ...first, document: { ...document, checks } };
  const detail =
    event === null
      ? `two runs differ within the first ${difference?.events} events: digest ${difference?.digests.join(' and ')}`
      : `two runs differ: ${differenceText(event, ['first', 'again'])}`;
  console.error(`error: ${detail}`);
  const broken = { invariant: 'S20', at: document.run.virtualMs, nodes: [], detail };
  return { ...first, document: { ...document, checks, violations: [...document.violations, broken] } };
}
