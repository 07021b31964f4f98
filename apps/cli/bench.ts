import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import Table from 'cli-table3';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { bench, GROUPS, type BenchDocument, type Depth, type Group } from '../../experiments/bench/bench.js';
import { benchMarkdown, figure, withBench } from '../../experiments/bench/markdown.js';
import { colours } from '../colours.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { VERSION } from '../version.js';
import { Interrupt } from './interrupt.js';
import { Progress } from './progress.js';

interface BenchFlags {
  readonly only: readonly Group[];
  readonly nodes?: readonly number[];
  readonly quick?: boolean;
  readonly full?: boolean;
  readonly json?: boolean;
  readonly markdown?: string | true;
  readonly quiet?: boolean;
}

const MOST_NODES = 200_000;

const EXAMPLES = `
Examples:
  astral bench --quick                        whether everything can be measured, in a few seconds
  astral bench --only queue                   the event queue beside a heap of closures and C++
  astral bench --only w01 --nodes 300,1000    one workload at two sizes
  astral bench --json > bench.json            everything; the largest overlay takes long
  astral bench --markdown docs/performance.md the tables of that page anew

Groups: ${GROUPS.join(', ')}. Sizes: the queue at 1,000, 10,000 and 100,000 nodes, the workloads at 300, 1,000, 10,000 and 100,000.
The workloads are measured over a few seconds of virtual time after everybody has come: 20 s up to 1,000 viewers, 5 s at 10,000, 2 s
at 100,000; with --full until 60 s at every size. The group profile tells in which parts of the program w01 spends its time,
and what holds its memory. Ratios are turned so that 1 or more is good for astral.`;

/** Adds \`astral bench\`. */
export function addBench(program: Command): void {
  program
    .command('bench')
    .description('measure astral on this machine, each figure beside a reference of the same run')
    .addOption(new Option('--only <groups...>', 'measure only these').choices(GROUPS).default(GROUPS, 'all'))
    .option('--nodes <list>', 'viewers of the workloads, such as 300,1000', sizeList)
    .option('--quick', 'once, small and short: shows that it works, not how fast it is')
    .option('--full', '60 virtual seconds at every size')
    .option('--json', 'print one JSON document')
    .option('--markdown [file]', 'print Markdown tables; with a file, put them between its marks')
    .option('-q, --quiet', 'no progress')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: BenchFlags) => {
      process.exitCode = await runBench(flags);
    });
}

async function runBench(flags: BenchFlags): Promise<number> {
  if (flags.quick === true && flags.full === true) throw new UsageError('--quick and --full exclude each other');
  if (flags.json === true && flags.markdown !== undefined)
    throw new UsageError('--json and --markdown exclude each other');
  const depth: Depth = flags.quick === true ? 'quick' : flags.full === true ? 'full' : 'usual';
  const interrupt = new Interrupt();
  const progress = new Progress('bench', flags.quiet !== true);
  const page = typeof flags.markdown === 'string' ? { file: flags.markdown, text: pageOf(flags.markdown) } : null;
  let measured: Pick<BenchDocument, 'rows' | 'profile'>;
  try {
    measured = await bench({
      groups: flags.only,
      depth,
      ...(flags.nodes === undefined ? {} : { nodes: flags.nodes }),
      onProgress: (share, next) => progress.update(share, next),
      signal: interrupt.signal,
    });
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    progress.stop();
  }
  const machine = {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.versions.node,
  };
  const document: BenchDocument = { schema: 'astral.bench/1', version: VERSION, machine, ...measured };
  if (page === null) console.log(printed(document, flags));
  else writeFileSync(page.file, withBench(page.text, benchMarkdown(document)) ?? page.text);
  return EXIT.done;
}

/** Text of a page with marks, read before anything is measured, so that a wrong name costs no time. */
function pageOf(file: string): string {
  const text = readFileSync(file, 'utf8');
  if (withBench(text, '') === null)
    throw new UsageError(
      `${file} has no place for the tables; put <!-- astral bench --> and <!-- end of astral bench --> there`,
    );
  return text;
}

function printed(document: BenchDocument, flags: BenchFlags): string {
  if (flags.json === true) return JSON.stringify(document, null, 2);
  return flags.markdown === undefined ? benchTable(document) : benchMarkdown(document).trimEnd();
}

function benchTable({ rows, profile }: BenchDocument): string {
  const shares = profile?.shares.map(([part, share]) => `${part} ${(share * 100).toFixed(1)} %`) ?? [];
  const owners = profile?.owners.slice(0, 10).map(([owner, bytes]) => `${owner} ${figure(bytes)}`) ?? [];
  const time = shares.length === 0 ? '' : `time of w01: ${shares.join(', ')}\nbytes a viewer: ${owners.join(', ')}`;
  if (rows.length === 0) return time;
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: ['', 'astral', 'reference', 'ratio', 'runs', ''].map((text) => colours.bold(text)),
    colAligns: ['left', 'right', 'left', 'right', 'right', 'left'],
  });
  for (const { name, unit, astral, reference, referenceName, ratio, n, note } of rows) {
    const shown = ratio === null ? '-' : ratio >= 1 ? colours.green(figure(ratio)) : colours.red(figure(ratio));
    const beside = reference === null ? referenceName : `${figure(reference)} ${referenceName}`;
    table.push([name, `${figure(astral)} ${unit}`, beside, shown, n, colours.dim(note ?? '')]);
  }
  return `${table.toString()}${time === '' ? '' : `\n${time}`}`;
}

function sizeList(text: string): readonly number[] {
  const sizes = [...new Set(text.split(',').map(Number))];
  if (sizes.every((size) => Number.isSafeInteger(size) && size >= 2 && size <= MOST_NODES))
    return sizes.toSorted((a, b) => a - b);
  throw new InvalidArgumentError(`It must look like 300,1000, each from 2 to ${MOST_NODES}.`);
}
