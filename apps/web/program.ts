import { EXIT } from '../exit-codes.js';
import { listenOn } from '../listen.js';
import { firstSignal, runServer } from '../program.js';
import type { Settings } from '../settings.js';
import * as value from '../values.js';
import { VERSION } from '../version.js';
import { DirectoryService } from './directory-service.js';
import { createWebServer } from './server.js';

const DEFAULT_PORT = 4567;

const SETTINGS = {
  port: {
    flags: '--port <port>',
    help: `port to listen on (default: ${DEFAULT_PORT} or the next free)`,
    schema: value.port,
  },
  listen: { flags: '--listen <address>', help: 'address to listen on (default: 127.0.0.1)', schema: value.anyText },
} as const satisfies Settings;

const EXAMPLES = `
Examples:
  astral-web                                      a directory for nodes on this machine, at http://127.0.0.1:${DEFAULT_PORT}
  astral-web --listen 0.0.0.0 --port 8080         a directory for everybody who can reach this machine`;

/** The whole program: serves until it is told to end, ends with the exit code. */
export async function runWeb(argv: readonly string[]): Promise<void> {
  await runServer(
    {
      name: 'astral-web',
      description: 'The directory: helps nodes to find their first peers, and shows people which streams there are.',
      examples: EXAMPLES,
      prefix: 'ASTRAL_WEB',
      settings: SETTINGS,
      run: async (values, { log }) => {
        const directory = new DirectoryService();
        const app = await createWebServer({ directory, version: VERSION, log });
        directory.start();
        const host = values.listen ?? '127.0.0.1';
        const url = await listenOn('port', values.port ?? null, DEFAULT_PORT, (port) => app.listen({ host, port }));
        const asked = firstSignal();
        process.stdout.write(`directory  ${url}\n`);
        await asked;
        directory.stop();
        await app.close();
        return EXIT.done;
      },
    },
    argv,
  );
}
