import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { colours } from '../colours.js';
import type { Job } from '../../experiments/job.js';
import { runJobs } from '../../experiments/pool.js';
import { linkLatest, RECORDING, runPath } from '../../experiments/run-directory.js';
import type { TimedDocument } from '../../experiments/timed.js';
import { EXIT } from '../exit-codes.js';
import { VERSION } from '../version.js';
import { findScenario, wholeNumber } from './arguments.js';
import { jobWeight } from './compare.js';
import { demoTable, demoVerdict } from './demo-table.js';
import { Interrupt } from './interrupt.js';
import { startNetwork, type LiveNetwork } from './live/network.js';
import { deepestLine, networkTable } from './live/report.js';
import { settle, type Settled } from './live/settle.js';
import { openBrowser } from './open-browser.js';
import { Progress } from './progress.js';
import { addresses, healthy, LIVE_NODES, servePicture } from './up.js';
import type { ViewServer } from './view-server.js';

interface DemoFlags {
  readonly nodes: number;
  readonly viewers: number;
  readonly duration: string;
  readonly seed: number;
  readonly open: boolean;
  readonly once?: boolean;
  readonly quiet?: boolean;
}

const WORKLOAD = 'w02';
const PROTOCOLS = ['astral', 'origin-edge'];

const EXAMPLES = `
Examples:
  astral demo                                   what npm start runs: simulation and live network, until Ctrl-C
  astral demo --once                            the same, but checks, prints and ends
  astral demo --viewers 1000 --duration 6m      a longer look at a larger crowd

Exit code 0: ended by Ctrl-C, or all was well; 1: an invariant was broken or the deepest node does not play;
3: environment; 130: interrupted before everything was shown.`;

/** Adds \`astral demo\`. */
export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('the quick look: a simulated crowd beside a baseline, and a live network on this machine')
    .option('--nodes <n>', 'viewers of the live network, each a process of its own', wholeNumber(1), LIVE_NODES)
    .option('--viewers <n>', 'viewers of the simulation', wholeNumber(1), 300)
    .option('--duration <time>', 'virtual time of the simulation', '3m')
    .option('--seed <n>', 'seed of all that is random in it', wholeNumber(0), 1)
    .option('--once', 'check that the deepest node plays, and end')
    .addOption(new Option('--no-open', 'do not open the page in a browser'))
    .option('-q, --quiet', 'no progress')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: DemoFlags) => {
      process.exitCode = await demo(flags);
    });
}

/** The simulated half of the demonstration. */
interface Simulated {
  readonly documents: readonly TimedDocument[];
  /** Where the run of astral is kept, with its recording. */
  readonly path: string;
}

async function demo(flags: DemoFlags): Promise<number> {
  const interrupt = new Interrupt();
  const end = new AbortController();
  const signal = AbortSignal.any([interrupt.signal, end.signal]);
  const screen = new Screen(flags);
  let network: Promise<LiveNetwork> | null = null;
  let page: ViewServer | null = null;
  try {
    screen.say(`${colours.bold('astral')}: live video that viewers carry to each other\n`);
    network = startLive(flags, screen, signal);
    const simulation = simulateCrowd(flags, screen, signal);
    const [live, simulated] = await Promise.all([network, simulation]);
    screen.stop();
    showSimulation(flags, simulated);
    const found = await settle(live, signal);
    page = await servePicture(live, found, join(simulated.path, RECORDING));
    showNetwork(live, found);
    const broken = simulated.documents.some(({ violations }) => violations.length > 0);
    const exit = broken || !healthy(found) ? EXIT.failed : EXIT.done;
    if (flags.once === true) {
      console.log(colours.dim('Without --once the network stays, and one page plays the stream and draws both.'));
      return exit;
    }
    console.log(`One page plays the stream and draws both, the crowd and this network:\n`);
    console.log(addresses(page.url, live, found));
    if (flags.open) openBrowser(page.url);
    console.log(`\n${colours.dim('The network runs until Ctrl-C.')}`);
    await interrupt.came;
    return EXIT.done;
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    // What still goes on when the other half has failed has no reader any more.
    end.abort();
    screen.stop();
    await page?.close();
    await (await network?.catch(() => null))?.stop();
  }
}

async function startLive(flags: DemoFlags, screen: Screen, signal: AbortSignal): Promise<LiveNetwork> {
  const network = await startNetwork({
    viewers: flags.nodes,
    signal,
    onStarted: (_name, _url, ready, all) => screen.started(ready, all),
  });
  const [first] = network.viewers;
  screen.say(`The live network stands: ${flags.nodes + 2} programs. Its picture is already at`);
  screen.say(`  ${colours.cyan(first?.pageUrl ?? network.webUrl)}\n`);
  return network;
}

async function simulateCrowd(flags: DemoFlags, screen: Screen, signal: AbortSignal): Promise<Simulated> {
  const { viewers, duration, seed } = flags;
  const { scenario, document } = findScenario(WORKLOAD, { viewers, duration });
  const path = runPath('runs', new Date(), scenario.name, 'astral', seed);
  const jobs = PROTOCOLS.map((protocol): Job => ({
    scenario,
    protocol,
    seed,
    version: VERSION,
    ...(protocol === 'astral' ? { keep: { path, document, record: true } } : {}),
  }));
  const documents = await runJobs(jobs, {
    signal,
    weight: jobWeight,
    onProgress: (share) => screen.simulated(share),
  });
  linkLatest(path);
  return { documents, path };
}

function showSimulation({ viewers, duration, seed }: DemoFlags, { documents, path }: Simulated): void {
  const [main] = documents;
  const wall = ((main?.run.wallMs ?? 0) / 1000).toFixed(1);
  console.log(
    `${colours.bold('In the simulator')}: ${viewers} viewers who come and go (${WORKLOAD}), ${duration}, seed ${seed}\n\n` +
      `${demoTable(documents)}\n\n` +
      `${documents.map(demoVerdict).join('\n')}\n` +
      colours.dim(`astral: ${main?.run.events} events in ${wall} s; kept in ${path}`),
  );
}

function showNetwork(network: LiveNetwork, found: Settled): void {
  const title = colours.bold('On this machine');
  console.log(`\n${title}: a directory, a publisher and ${network.viewers.length} viewers over WebSockets\n`);
  console.log(`${networkTable(network, found)}\n\n${deepestLine(found)}\n`);
}

/** What is printed while two things go on at the same time: lines, and one bar below them on terminals. */
class Screen {
  readonly #progress: Progress;
  #share = 0;
  #programs = '';

  constructor(flags: DemoFlags) {
    this.#progress = new Progress(`${flags.viewers} viewers`, flags.quiet !== true);
  }

  say(line: string): void {
    this.#progress.above(line);
  }

  simulated(share: number): void {
    this.#share = share;
    this.#progress.update(share, this.#programs);
  }

  started(ready: number, all: number): void {
    this.#programs = ready < all ? `${ready} of ${all} programs` : '';
    this.#progress.update(this.#share, this.#programs);
  }

  stop(): void {
    this.#progress.stop();
  }
}
