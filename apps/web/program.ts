import { Command, CommanderError, Option } from 'commander';
import pino from 'pino';
import { EXIT, report } from '../exit-codes.js';
import { listenOn } from '../listen.js';
import { portNumber } from '../flags.js';
import { VERSION } from '../version.js';
import { DirectoryService } from './directory-service.js';
import { createWebServer } from './server.js';

interface Flags {
  readonly port?: number;
  readonly listen: string;
  readonly logLevel: string;
}

const DEFAULT_PORT = 4567;

const EXAMPLES = `
Examples:
  astral-web                                      a directory for nodes on this machine, at http://127.0.0.1:${DEFAULT_PORT}
  astral-web --listen 0.0.0.0 --port 8080         a directory for everybody who can reach this machine`;

function program(): Command {
  return new Command('astral-web')
    .description('The directory: helps nodes to find their first peers, and shows people which streams there are.')
    .version(VERSION, '--version')
    .option('--port <port>', `port to listen on (default: ${DEFAULT_PORT} or the next free)`, portNumber)
    .option('--listen <address>', 'address to listen on', '127.0.0.1')
    .addOption(
      new Option('--log-level <level>', 'what is logged').choices(['error', 'warn', 'info', 'debug']).default('info'),
    )
    .helpOption('-h, --help')
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .exitOverride();
}

/** The whole program: serves until it is told to end, sets the exit code. */
export async function runWeb(argv: readonly string[]): Promise<void> {
  let flags: Flags;
  try {
    flags = program().parse(argv).opts<Flags>();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return;
  }
  const log = pino({ level: flags.logLevel }, pino.destination({ dest: 2, sync: true }));
  const directory = new DirectoryService();
  try {
    const app = await createWebServer({ directory, version: VERSION, log });
    directory.start();
    const url = await listenOn('port', flags.port ?? null, DEFAULT_PORT, (port) =>
      app.listen({ host: flags.listen, port }),
    );
    const asked = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    process.stdout.write(`directory  ${url}\n`);
    await asked;
    directory.stop();
    await app.close();
    process.exit(EXIT.done);
  } catch (error) {
    process.exit(report('astral-web', error));
  }
}
