import { Command, CommanderError } from 'commander';
import { EXIT, report } from '../exit-codes.js';
import { profileFolder } from '../node/options.js';
import { VERSION } from '../version.js';
import { ControlClient } from './client.js';
import { table } from './table.js';

interface Flags {
  readonly node?: string;
  readonly uuid: string;
  readonly data?: string;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  astralctl streams                           what this machine's node knows
  astralctl create "Test picture"             publish the bundled sample under a name
  astralctl -u stage watch SLUG               let the node of that profile receive a stream
  astralctl url                               address of the node's page, with a fresh one-time code`;

/** The whole program: one command, one request or two, one answer. */
export async function runCtl(argv: readonly string[]): Promise<void> {
  const program = new Command('astralctl')
    .description('Controls a node on this machine.')
    .version(VERSION, '--version')
    .option('--node <url>', "address of the node's control API, instead of the one it printed")
    .option('-u, --uuid <name>', 'which node of this machine: the name it was started with', 'default')
    .option('--data <folder>', 'folder of the node, instead of the profile')
    .option('--json', "the node's answer as it came")
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  addCommands(program);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
    else process.exitCode = report('astralctl', error);
  }
}

type Json = Readonly<Record<string, unknown>>;

/** One command: the request it makes and how its answer is shown. */
interface Action {
  readonly usage: string;
  readonly description: string;
  readonly method: string;
  readonly path: (argument: string) => string;
  readonly body?: (argument: string) => unknown;
  readonly show: (answer: Json, argument: string, client: ControlClient) => string;
}

const list = (key: string, columns: readonly string[]) => (answer: Json) => table(answer[key], columns);
const line = (answer: Json): string => table([answer['stream']], ['slug', 'name', 'id']);
const stream = (slug: string): string => `/stream/${encodeURIComponent(slug)}`;
const pageOf = (answer: Json, slug: string, { url }: ControlClient): string =>
  `${url}/${slug === '' ? '' : `?stream=${encodeURIComponent(slug)}`}#code=${String(answer['code'])}`;

const ACTIONS: readonly Action[] = [
  {
    usage: 'nodes',
    description: 'nodes that this one knows',
    method: 'GET',
    path: () => '/nodes',
    show: list('nodes', ['uuid', 'ip_address', 'port', 'supernode']),
  },
  {
    usage: 'streams',
    description: 'streams that this node knows',
    method: 'GET',
    path: () => '/streams',
    show: list('streams', ['slug', 'name', 'own', 'watching', 'streaming', 'id']),
  },
  {
    usage: 'tickets',
    description: 'promises to forward, given and taken',
    method: 'GET',
    path: () => '/tickets',
    show: list('tickets', ['stream', 'substream', 'source', 'destination', 'hops', 'state']),
  },
  {
    usage: 'create <name>',
    description: 'publish the bundled sample under a name',
    method: 'POST',
    path: () => '/streams',
    body: (name) => ({ name, media: 'sample' }),
    show: line,
  },
  {
    usage: 'watch <stream>',
    description: 'receive a stream, by slug or id',
    method: 'POST',
    path: (slug) => `${stream(slug)}/tickets`,
    body: () => ({}),
    show: line,
  },
  {
    usage: 'rm <stream>',
    description: 'end an own stream for good, key included; stop watching any other',
    method: 'DELETE',
    path: stream,
    show: line,
  },
  {
    usage: 'url [stream]',
    description: "address of the node's page, with a fresh one-time code",
    method: 'POST',
    path: () => '/codes',
    show: pageOf,
  },
  {
    usage: 'stop',
    description: 'hand consumers over, leave, end the process',
    method: 'DELETE',
    path: () => '/node',
    show: () => 'the node leaves',
  },
];

function addCommands(program: Command): void {
  for (const action of ACTIONS) {
    const command = program.command(action.usage).description(action.description);
    command.action(async () => {
      const flags = program.opts<Flags>();
      const folder = flags.data ?? profileFolder(flags.uuid);
      const client = flags.node === undefined ? ControlClient.of(folder) : ControlClient.at(flags.node, folder);
      const argument = command.args[0] ?? '';
      const answer = (await client.call(action.method, action.path(argument), action.body?.(argument))) as Json;
      process.stdout.write(`${flags.json === true ? JSON.stringify(answer) : action.show(answer, argument, client)}\n`);
    });
  }
}
