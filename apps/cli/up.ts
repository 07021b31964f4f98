import type { Command } from 'commander';
import { colours } from '../colours.js';
import { EXIT } from '../exit-codes.js';
import { wholeNumber } from './arguments.js';
import { Interrupt, Interrupted } from './interrupt.js';
import { startNetwork, type LiveNetwork } from './live/network.js';
import { deepestLine, networkTable } from './live/report.js';
import { settle, type Settled } from './live/settle.js';
import { openBrowser } from './open-browser.js';
import { Progress } from './progress.js';
import { startViewServer, type ViewServer } from './view-server.js';

interface UpFlags {
  readonly nodes: number;
  readonly open: boolean;
  readonly once?: boolean;
  readonly quiet?: boolean;
}

export const LIVE_NODES = 8;

const EXAMPLES = `
Examples:
  astral up                     eight viewers, until Ctrl-C
  astral up --nodes 3 --once    start, check that the deepest node plays, stop

Exit code 0: ended by Ctrl-C, or all was well; 1: the deepest node does not play; 3: environment; 130: interrupted
before the network stood.`;

/** Adds \`astral up\`. */
export function addUp(program: Command): void {
  program
    .command('up')
    .description('run a live network on this machine: a directory, a publisher with the sample, viewers')
    .option('--nodes <n>', 'number of viewers, each a process of its own', wholeNumber(1), LIVE_NODES)
    .option('--no-open', 'do not open the page in a browser')
    .option('--once', 'check that the deepest node plays, and stop')
    .option('-q, --quiet', 'no progress')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: UpFlags) => {
      process.exitCode = await up(flags);
    });
}

async function up(flags: UpFlags): Promise<number> {
  const interrupt = new Interrupt();
  const progress = new Progress('starting', flags.quiet !== true);
  let network: LiveNetwork | null = null;
  let page: ViewServer | null = null;
  try {
    network = await startNetwork({
      viewers: flags.nodes,
      signal: interrupt.signal,
      onStarted: (_name, _url, ready, all) => progress.update(ready / all),
    });
    progress.stop();
    const found = await settle(network, interrupt.signal);
    page = await servePicture(network, found, null);
    console.log(`${networkTable(network, found)}\n\n${deepestLine(found)}`);
    if (flags.once === true) return healthy(found) ? EXIT.done : EXIT.failed;
    console.log(`\n${addresses(page.url, network, found)}`);
    if (flags.open) openBrowser(page.url);
    console.log(`\n${colours.dim('Ctrl-C stops everything.')}`);
    await interrupt.came;
    return EXIT.done;
  } catch (error) {
    if (error instanceof Interrupted || interrupt.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    progress.stop();
    await page?.close();
    await network?.stop();
  }
}

/** Whether what was asked for has been shown: the deepest node plays media that can be read. */
export function healthy(found: Settled): boolean {
  return found.deepest !== null && found.deepest.probed.ok;
}

/** Serves the one page of a live network: its overlay, the deepest node's player, and a recorded run if there is one. */
export async function servePicture(
  network: LiveNetwork,
  found: Settled,
  recording: string | null,
): Promise<ViewServer> {
  const member = found.deepest?.member ?? null;
  const node = member === null ? null : { url: member.controlUrl, token: member.token };
  return await startViewServer({ recording, web: network.webUrl, node, port: null });
}

/** Where to look, a line each. */
export function addresses(page: string, network: LiveNetwork, found: Settled): string {
  const { deepest } = found;
  const own = deepest?.member.pageUrl ?? network.viewers[0]?.pageUrl ?? '';
  const lines: readonly (readonly [string, string])[] = [
    ['  look here', colours.bold(colours.cyan(page))],
    ['  a node', colours.cyan(own)],
    ['  directory', colours.cyan(network.webUrl)],
  ];
  return lines.map(([name, url]) => `${name.padEnd(13)}${url}`).join('\n');
}
