import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { COMMAND, comparedRun } from '../../experiments/compare/kept.js';
import { compare, type ComparisonDocument, type Sample } from '../../experiments/compare/comparison.js';
import type { Job } from '../../experiments/job.js';
import { makeFolder } from '../../experiments/make-folder.js';
import { runJobs } from '../../experiments/pool.js';
import { PROTOCOLS } from '../../experiments/protocols.js';
import type { TimedDocument } from '../../experiments/timed.js';
import type { CheckLevel } from '../../sim/checkers/panel.js';
import type { Json } from '../../sim/scenario.js';
import { EXIT } from '../exit-codes.js';
import { VERSION } from '../version.js';
import { assignment, findScenario, refuseOtherResults, seedList, variantsNamed, wholeNumber } from './arguments.js';
import { comparisonTable, isFailure } from './compare-table.js';
import { Interrupt } from './interrupt.js';
import { Progress } from './progress.js';

interface CompareFlags {
  readonly protocols: readonly string[];
  readonly seeds: readonly number[];
  readonly nodes?: number;
  readonly set: readonly (readonly [string, Json])[];
  readonly duration?: string;
  readonly check?: CheckLevel;
  readonly workers?: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const EXAMPLES = `
Examples:
  astral compare w02                                       all variants, all protocols, seeds 1 to 10
  astral compare w02@100 --seeds 1..5 --nodes 100 --duration 90s
  astral compare w01 --protocols astral,origin-edge --json --out results

All sides of a comparison see the same arrivals, links and failures, seed by seed.
What a protocol breaks that is known for it (astral-2011) is told and is no failure.
Exit code 0: done and all other invariants held; 1: one was broken; 2: usage; 3: environment; 70: a bug.`;

/** Adds \`astral compare\`. */
export function addCompare(program: Command): void {
  program
    .command('compare')
    .description('run a workload under several protocols and seeds, and say how far they differ')
    .argument('<workload>', 'id of a workload, perhaps with @variant, or a scenario file')
    .addOption(
      new Option('--protocols <names>', 'protocols to compare, the first against the others')
        .argParser(protocolList)
        .default([...PROTOCOLS.keys()], [...PROTOCOLS.keys()].join(',')),
    )
    .addOption(
      new Option('--seeds <list>', 'such as 1..10 or 1,2,5').argParser(seedList).default(seedList('1..10'), '1..10'),
    )
    .option('--nodes <n>', 'number of viewers', wholeNumber(1))
    .option('--set <path=json>', 'change one key of the scenario; repeatable', assignment, [])
    .option('--duration <time>', 'virtual time of each run, such as 90s or 10m')
    .addOption(new Option('--check <level>', 'which invariants to check').choices(['off', 'cheap', 'all']))
    .option(
      '--workers <n>',
      'runs at the same time; as many as this machine has processors, unless given',
      wholeNumber(1),
    )
    .option('--out <dir>', 'write a page with figures, compare.json, and every run')
    .option('--json', 'print one JSON document')
    .option('-q, --quiet', 'no progress and no word about files')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, flags: CompareFlags) => {
      process.exitCode = await runComparison(name, flags);
    });
}

async function runComparison(name: string, flags: CompareFlags): Promise<number> {
  const cells = variantsNamed(name).flatMap((each) => {
    const { scenario, document } = findScenario(each.name, {
      ...(flags.nodes === undefined ? {} : { viewers: flags.nodes }),
      ...(flags.duration === undefined ? {} : { duration: flags.duration }),
      set: flags.set,
    });
    return flags.seeds.flatMap((seed) =>
      flags.protocols.map((protocol) => ({
        variant: each.variant,
        job: {
          scenario,
          protocol,
          seed,
          version: VERSION,
          ...(flags.check === undefined ? {} : { check: flags.check }),
          ...(flags.out === undefined
            ? {}
            : { keep: { path: join(flags.out, comparedRun(each.variant, protocol, seed)), document, record: false } }),
        },
      })),
    );
  });
  if (flags.out !== undefined) {
    refuseOtherResults(flags.out, 'compare.json');
    makeFolder(flags.out);
  }
  const progress = new Progress(name, flags.quiet !== true);
  const interrupt = new Interrupt();
  let documents: readonly TimedDocument[];
  try {
    documents = await runJobs(
      cells.map(({ job }) => job),
      {
        weight: jobWeight,
        signal: interrupt.signal,
        onProgress: (share) => progress.update(share),
        ...(flags.workers === undefined ? {} : { workers: flags.workers }),
      },
    );
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    console.error('astral: interrupted');
    return EXIT.interrupted;
  } finally {
    progress.stop();
  }
  const samples = documents.map((document, index) => ({ variant: cells[index]?.variant ?? '', document }));
  const comparison = compare(name, VERSION, flags.seeds, samples);
  console.log(flags.json === true ? JSON.stringify(comparison, null, 2) : comparisonTable(comparison));
  if (flags.out !== undefined) {
    write(flags.out, comparison, samples);
    // Charts take a while to load; who wants only the table does not wait for them.
    const { reportInPlace } = await import('../../experiments/report/report.js');
    await reportInPlace(flags.out, true);
    if (flags.quiet !== true)
      console.error(`written to ${flags.out}; a page with figures: ${join(flags.out, 'report.html')}`);
  }
  return comparison.rows.some(isFailure) ? EXIT.failed : EXIT.done;
}

/** About how long a job takes: node-seconds, and an overlay makes about ten times the work of relays. */
export function jobWeight({ scenario, protocol }: Job): number {
  return scenario.viewers * scenario.duration * (PROTOCOLS.get(protocol)?.kind === 'overlay' ? 10 : 1);
}

function write(folder: string, comparison: ComparisonDocument, samples: readonly Sample[]): void {
  writeFileSync(join(folder, 'compare.json'), `${JSON.stringify(comparison, null, 2)}\n`);
  writeFileSync(join(folder, COMMAND), `${['astral', ...process.argv.slice(2)].map(quoted).join(' ')}\n`);
  const lines = samples.map(({ variant, document }) => JSON.stringify({ variant, ...document }));
  writeFileSync(join(folder, 'runs.ndjson'), `${lines.join('\n')}\n`);
}

function protocolList(text: string): readonly string[] {
  const names = [...new Set(text.split(','))];
  const unknown = names.filter((name) => !PROTOCOLS.has(name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`There is no ${unknown.join(', ')}; there are ${[...PROTOCOLS.keys()].join(', ')}.`);
  return names;
}

/** A word of a command line as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
