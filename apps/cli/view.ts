import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { EnvironmentFault, UsageError } from '../exit-codes.js';
import { readPrivate } from '../node/files.js';
import { wholeNumber } from './arguments.js';
import { OVERLAY_PAGE } from '../overlay-page.js';
import { startViewServer, type ViewOptions } from './view-server.js';

interface ViewFlags {
  readonly port?: number;
  readonly data?: string;
  readonly open: boolean;
}

const NEWEST = join('runs', 'latest');
const RECORDING = 'recording.ndjson.gz';
const TIMEOUT_MS = 5000;

const EXAMPLES = `
Examples:
  astral sim w02 --record && astral view                   the run that was just made
  astral view runs/mine                                    another one, or the recording itself
  astral view http://127.0.0.1:4567                        the live network of a directory to which nodes report
  astral view http://127.0.0.1:8000 --data DIR             one node of this machine, whose folder is DIR`;

/** Adds \`astral view\`. */
export function addView(program: Command): void {
  program
    .command('view')
    .description('look at a recorded run, a live network or a node in the browser')
    .argument('[what]', 'run directory, recording, address of a directory or of a node', NEWEST)
    .option('--port <n>', 'port of the page on this machine; any free one unless given', wholeNumber(1))
    .option('--data <dir>', 'folder of the node at the address, for its token')
    .option('--no-open', 'print the address and open no browser')
    .addHelpText('after', EXAMPLES)
    .action(async (what: string, flags: ViewFlags) => await view(what, flags));
}

async function view(what: string, flags: ViewFlags): Promise<void> {
  if (!existsSync(OVERLAY_PAGE)) throw new EnvironmentFault('the pages are not built; run: npm run build');
  const source = /^https?:/.test(what) ? await liveSource(what, flags.data ?? null) : recordedSource(what);
  const server = await startViewServer({ ...source, port: flags.port ?? null });
  console.log(`page  ${server.url}`);
  console.error('Ctrl-C ends it.');
  if (flags.open) openBrowser(server.url);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await server.close();
}

type Source = Omit<ViewOptions, 'port'>;

function recordedSource(path: string): Source {
  if (!existsSync(path)) {
    const hint = path === NEWEST ? 'there is no run here yet' : `${path} does not exist`;
    throw new UsageError(`${hint}; make a recording with: astral sim w02 --record`);
  }
  const file = statSync(path).isDirectory() ? join(path, RECORDING) : path;
  if (!existsSync(file)) {
    throw new UsageError(`${path} holds no recording; run it again with --record: astral sim w02 --record`);
  }
  return { recording: file, web: null, node: null };
}

/** Asks the address what it is: a directory lists reports, a node wants a token. */
async function liveSource(address: string, folder: string | null): Promise<Source> {
  if (!URL.canParse(address)) throw new UsageError(`${address} is no address, such as http://127.0.0.1:4567`);
  const { origin } = new URL(address);
  const response = await fetch(new URL('/views', origin), { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
    () => null,
  );
  if (response === null) throw new EnvironmentFault(`nothing answers at ${origin}; is it running?`);
  await response.body?.cancel();
  if (response.ok) return { recording: null, web: origin, node: null };
  if (folder === null) {
    throw new UsageError(`${origin} takes no reports; if it is a node, name its folder with --data so that it answers`);
  }
  const token = readPrivate(join(folder, 'token'))?.toString().trim();
  if (token === undefined) throw new EnvironmentFault(`${folder} holds no token; is it the folder of that node?`);
  return { recording: null, web: null, node: { url: origin, token } };
}

/** Opens the address the way this system does; where there is no browser, the printed address has to do. */
function openBrowser(url: string): void {
  const [command = 'xdg-open', ...before] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open'];
  const browser = spawn(command, [...before, url], { stdio: 'ignore', detached: true });
  browser.on('error', () => undefined);
  browser.unref();
}
