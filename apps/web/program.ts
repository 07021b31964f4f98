import { certificateOf } from '../certificate.js';
import { EXIT } from '../exit-codes.js';
import { listenOn } from '../listen.js';
import { firstSignal, runServer } from '../program.js';
import type { Settings } from '../settings.js';
import * as value from '../values.js';
import { VERSION } from '../version.js';
import { DirectoryService } from './directory-service.js';
import { Keeper } from './keeper.js';
import { createWebServer } from './server.js';

const DEFAULT_PORT = 4567;

const SETTINGS = {
  port: {
    flags: '--port <port>',
    help: `port to listen on (default: ${DEFAULT_PORT} or the next free)`,
    schema: value.port,
  },
  data: {
    flags: '--data <folder>',
    help: 'folder that keeps what nodes announced over a restart (default: nothing is kept)',
    schema: value.anyText,
  },
  listen: { flags: '--listen <address>', help: 'address to listen on (default: 127.0.0.1)', schema: value.anyText },
  tlsCert: {
    flags: '--tls-cert <file>',
    help: 'certificate (PEM), to speak TLS; a renewed file is taken up',
    schema: value.anyText,
  },
  tlsKey: { flags: '--tls-key <file>', help: 'key of that certificate (PEM)', schema: value.anyText },
} as const satisfies Settings;

const EXAMPLES = `
Examples:
  astral-web                                      a directory for nodes on this machine, at http://127.0.0.1:${DEFAULT_PORT}
  astral-web --data ~/.local/state/astral-web     a restart forgets nobody
  astral-web --listen 0.0.0.0 --port 8080         a directory for everybody who can reach this machine
  astral-web --listen 0.0.0.0 --port 443 --tls-cert cert.pem --tls-key key.pem
                                                  the same at https://, as its nodes should see it`;

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
        const certificate = certificateOf(values);
        const keeper = values.data === undefined ? null : new Keeper(values.data);
        const directory = new DirectoryService(keeper?.read() ?? null);
        const failed = (why: string): void => log.error({ why }, 'the directory cannot be kept');
        const app = await createWebServer({ directory, version: VERSION, log, certificate });
        keeper?.start(() => directory.kept(), failed);
        const host = values.listen ?? '127.0.0.1';
        const url = await listenOn('port', values.port ?? null, DEFAULT_PORT, (port) => app.listen({ host, port }));
        const asked = firstSignal();
        process.stdout.write(`directory  ${url}\n`);
        await asked;
        keeper?.close(directory.kept(), failed);
        directory.stop();
        await app.close();
        return EXIT.done;
      },
    },
    argv,
  );
}
