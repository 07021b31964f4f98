import { InvalidArgumentError, Option, type Command } from 'commander';
import { runCampaign, shrinkApart } from '../../experiments/fuzz/crew.js';
import { draw } from '../../experiments/fuzz/draw.js';
import { scenarioOf } from '../../experiments/fuzz/scenario-of.js';
import { tryFolder } from '../../experiments/make-folder.js';
import type { Failure, FuzzOptions, Outcome } from '../../experiments/fuzz/fuzz.js';
import { SHRINK_MS } from '../../experiments/fuzz/shrink.js';
import { BOUNDS, PROFILES, type Bounds, type Profile, type Range } from '../../experiments/fuzz/swarm.js';
import { Tally } from '../../experiments/fuzz/tally.js';
import { PROTOCOLS } from '../../experiments/protocols.js';
import { loadScenario, type Json } from '../../sim/scenario.js';
import { parseDuration } from '../../sim/scenario/units.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { VERSION } from '../version.js';
import { assignment, wholeNumber } from './arguments.js';
import { describe, drawnLines, keep, summary, type Found } from './fuzz-report.js';
import { Interrupt } from './interrupt.js';
import { Progress } from './progress.js';

interface FuzzFlags {
  readonly for?: number;
  readonly seeds?: Range;
  readonly profile: Profile;
  readonly protocol: string;
  readonly workers?: number;
  readonly nodes: Range;
  readonly duration: Range;
  readonly shrink: number;
  readonly set: readonly (readonly [string, Json])[];
  readonly keepGoing?: boolean;
  readonly out: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const EXAMPLES = `
Examples:
  astral fuzz                                    a minute of random worlds, on all processors
  astral fuzz --for 1h --keep-going              go on after a failure; shrink the first of each invariant
  astral fuzz --seeds 1..200 --profile network   these seeds, nothing but the network fails
  astral fuzz --seeds 17..17 --out failures      one seed again
  astral fuzz --nodes 3..6 --duration 20s..30s --set settings.standby=false

Each seed draws a world and a fault plan, and runs them under every checker: safety while faults strike, liveness in the quiet
tail. What breaks an invariant is made as small as it gets and written to a scenario file that astral sim runs.
Exit code 0: all invariants held; 1: one was broken; 2: usage; 3: environment; 70: a bug; 130: interrupted.`;

const DEFAULT_MS = 60_000;

/** Adds \`astral fuzz\`. */
export function addFuzz(program: Command): void {
  program
    .command('fuzz')
    .description('look for a world in which an invariant breaks, and make it small')
    .option('--for <time>', 'begin no further seed after this time, such as 5m; 1m unless seeds are given', wallTime)
    .option('--seeds <range>', 'try these seeds, such as 1..200', seedRange)
    .addOption(
      new Option(
        '--profile <name>',
        'what befalls the worlds: swarm, nearly all there is, or network, only the network',
      )
        .argParser(profileNamed)
        .default('swarm'),
    )
    .option('--protocol <name>', 'protocol under test', 'astral')
    .option('--workers <n>', 'threads; as many as this machine has processors, unless given', wholeNumber(1))
    .addOption(rangeOption('--nodes <range>', 'publisher and viewers', BOUNDS.nodes, nodeRange))
    .addOption(rangeOption('--duration <range>', 'virtual seconds before the quiet tail', BOUNDS.seconds, secondRange))
    .option('--set <path=json>', 'change one key of every scenario; repeatable', assignment, [])
    .addOption(
      new Option('--shrink <time>', 'shrink a failure for at most this long')
        .argParser(wallTime)
        .default(SHRINK_MS, '1m'),
    )
    .option('--keep-going', 'go on after a failure, and shrink the first of each invariant')
    .option('--out <dir>', 'where scenario files of failures go', 'fuzz-failures')
    .option('--json', 'print one JSON document')
    .option('-q, --quiet', 'no progress and no word about files')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: FuzzFlags) => {
      process.exitCode = await fuzz(flags);
    });
}

/** Holds --set against the first world, so that a key that does not exist is told before anything runs. */
function checkSettings({ profile, set }: FuzzFlags, seed: number, bounds: Bounds): void {
  const loaded = loadScenario(scenarioOf('fuzz', draw(seed, profile, bounds).world), { set });
  if (!loaded.ok) throw new UsageError(loaded.problems.map(({ path, message }) => `--set ${path} ${message}`));
}

async function fuzz(flags: FuzzFlags): Promise<number> {
  if (!PROTOCOLS.has(flags.protocol)) {
    throw new UsageError(`no protocol "${flags.protocol}"; there are ${[...PROTOCOLS.keys()].join(', ')}`);
  }
  const bounds: Bounds = { nodes: flags.nodes, seconds: flags.duration };
  const options: FuzzOptions = { profile: flags.profile, bounds, set: flags.set };
  const forMs = flags.for ?? (flags.seeds === undefined ? DEFAULT_MS : Infinity);
  const seeds: Range = flags.seeds ?? [1, 0x7fffffff];
  checkSettings(flags, seeds[0], bounds);
  // Better told now than after an hour, when there is something to keep.
  tryFolder(flags.out);
  const interrupt = new Interrupt();
  const tally = new Tally();
  const failures: Failure[] = [];
  const progress = new Progress('fuzz', flags.quiet !== true);
  const began = performance.now();
  const onOutcome = (outcome: Outcome): void => {
    tally.add(outcome);
    const { totals } = tally;
    const passed = performance.now() - began;
    if (outcome.failure !== null) failures.push(outcome.failure);
    const share = Math.max(passed / forMs, totals.seeds / (seeds[1] - seeds[0] + 1));
    const rate = (totals.seeds * 1000) / passed;
    const failed = totals.failed.length === 0 ? '' : `, ${totals.failed.length} failed`;
    progress.update(
      Math.min(1, share),
      `${totals.seeds} seeds${failed}, ${rate.toFixed(1)} a second, ${totals.nodeHours.toFixed(1)} node-hours`,
    );
  };
  const { protocol, workers, keepGoing = false } = flags;
  const { signal } = interrupt;
  try {
    await runCampaign({
      ...options,
      protocol,
      seeds,
      forMs,
      keepGoing,
      signal,
      onOutcome,
      ...(workers === undefined ? {} : { workers }),
    });
  } finally {
    progress.stop();
  }
  const wallMs = performance.now() - began;
  const found = await shrinkAll(flags, failures, options, signal);
  const document = {
    schema: 'astral.fuzz/1',
    version: VERSION,
    protocol,
    profile: flags.profile,
    bounds,
    wallMs: Math.round(wallMs),
    ...tally.totals,
    failures: found,
  };
  if (flags.json === true) console.log(JSON.stringify(document, null, 2));
  else console.log(summary(tally.totals, wallMs));
  if (found.length > 0) return EXIT.failed;
  return signal.aborted ? EXIT.interrupted : EXIT.done;
}

/** The first failure, or the first of each invariant; each is shown before and after it was shrunk. */
async function shrinkAll(
  flags: FuzzFlags,
  failures: Failure[],
  options: FuzzOptions,
  signal: AbortSignal,
): Promise<Found[]> {
  const found: Found[] = [];
  const told = flags.json === true ? () => {} : (text: string): void => console.log(text);
  for (const failure of failures.sort((a, b) => a.seed - b.seed)) {
    const fresh = failure.violations.filter(({ invariant }) => !found.some((each) => each.invariant === invariant));
    const wanted = flags.keepGoing === true ? fresh : fresh.slice(0, found.length === 0 ? 1 : 0);
    if (wanted.length > 0) told(drawnLines(failure));
    for (const violation of wanted) {
      const { seed } = failure;
      const { invariant } = violation;
      const progress = new Progress('shrink', flags.quiet !== true);
      const began = performance.now();
      const limitMs = flags.shrink;
      const task = { type: 'shrink', protocol: flags.protocol, seed, options, invariant, limitMs } as const;
      const smallest = signal.aborted
        ? null
        : await shrinkApart(
            task,
            ({ nodes, faults, runs }) =>
              progress.update(
                Math.min(1, (performance.now() - began) / limitMs),
                `${nodes} nodes, ${faults} faults after ${runs} runs`,
              ),
            signal,
          ).finally(() => progress.stop());
      const one = keep(flags.out, flags.protocol, failure, violation, smallest, options.set);
      found.push(one);
      told(describe(one));
    }
  }
  return found;
}

function rangeOption(flag: string, about: string, usual: Range, parse: (text: string) => Range): Option {
  return new Option(flag, `${about}, from..to`).argParser(parse).default(usual, usual.join('..'));
}

function profileNamed(text: string): Profile {
  const found = PROFILES.find((name) => name === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`It must be one of ${PROFILES.slice(0, -1).join(', ')} or ${PROFILES.at(-1)}.`);
}

function wallTime(text: string): number {
  const time = parseDuration(text);
  if (time === null || time <= 0) throw new InvalidArgumentError('It must be a duration with its unit, such as 5m.');
  return time / 1000;
}

function range(text: string, least: number, most: number, example: string): Range {
  const [, from, to] = /^(\d{1,10})\.\.(\d{1,10})$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to ?? from)];
  if (from === undefined || first > last || first < least || last > most) {
    throw new InvalidArgumentError(`It must look like ${example}, from ${least} to ${most}.`);
  }
  return [first, last];
}

const seedRange = (text: string): Range => range(text, 0, 0x7fffffff, '1..200');
const nodeRange = (text: string): Range => range(text, 2, 200, '3..30');
/** `20s..60s`, or without the unit. */
const secondRange = (text: string): Range => range(text.replaceAll(/(\d)s(?=\.\.|$)/g, '$1'), 5, 3600, '20s..60s');
