import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import pino, { type Logger } from 'pino';
import { EXIT, report } from '../exit-codes.js';
import { portNumber } from '../flags.js';
import { startNode, type LiveNode } from './live-node.js';
import { DEFAULT_PEER_PORT, DEFAULT_PORT, DEFAULT_PROFILE, profileFolder, type NodeOptions } from './options.js';
import { parseRate } from './rate.js';
import { VERSION } from '../version.js';

interface Flags {
  readonly uuid: string;
  readonly upstreamLimit?: number;
  readonly uplink?: number;
  readonly port?: number;
  readonly peerPort?: number;
  readonly listen: string;
  readonly advertise?: string;
  readonly data?: string;
  readonly directory: readonly string[];
  readonly web: readonly string[];
  readonly bootstrap: readonly string[];
  readonly journal?: string;
  readonly logLevel: string;
  readonly ephemeral?: true;
  readonly report?: true;
  readonly sample?: string | true;
  readonly watch: readonly string[];
}

const EXAMPLES = `
Examples:
  astralnode --directory http://127.0.0.1:4567
      watch what others publish, on the page whose address is printed
  astralnode -u stage --directory http://127.0.0.1:4567 --sample "Test picture"
      publish the bundled sample as an endless live stream
  astralnode -u b --bootstrap 192.0.2.7:8001 --watch STREAM
      join through one known peer, without a directory; STREAM is the id that
      astralctl prints

Each node on a machine needs a profile of its own (-u).`;

function program(): Command {
  return new Command('astralnode')
    .description('One node of the overlay: receives live streams, plays them in your browser, passes them on.')
    .version(VERSION, '--version')
    .option('-u, --uuid <name>', 'profile: the name of this node on this machine', profileName, DEFAULT_PROFILE)
    .option('-l, --upstream-limit <KB/s>', 'uplink to lend, in kilobytes a second', kilobytes)
    .addOption(
      new Option('--uplink <rate>', 'uplink to lend, such as 8Mbit').argParser(rate).conflicts('upstreamLimit'),
    )
    .option(
      '--port <port>',
      `port of the control API and the page, on this machine only (default: ${DEFAULT_PORT} or the next free)`,
      portNumber,
    )
    .option(
      '--peer-port <port>',
      `port that peers connect to (default: ${DEFAULT_PEER_PORT} or the next free)`,
      portNumber,
    )
    .option('--listen <address>', 'address that peers connect to', '127.0.0.1')
    .option('--advertise <host:port>', 'where peers are told to connect, if not there; none: nowhere', advertised)
    .option('--data <folder>', 'folder of identity and state, instead of the profile')
    .addOption(repeatable('--directory <url>', 'directory that helps to find peers', directory))
    .addOption(new Option('--web <url>', 'the same as --directory').argParser(directory).default([]).hideHelp())
    .addOption(repeatable('--bootstrap <host:port>', 'a peer to start from', collectHostPort))
    .option('--sample [name]', 'publish the bundled sample, as an endless live stream')
    .addOption(repeatable('--watch <stream>', 'watch this stream from the start, by slug or id', collect))
    .option('--journal <file>', 'record every input of the protocol in this file')
    .addOption(
      new Option('--log-level <level>', 'what is logged').choices(['error', 'warn', 'info', 'debug']).default('info'),
    )
    .option('--ephemeral', 'a new identity, forgotten at the end')
    .option('--report', 'show the directories who feeds whom here, for a picture of the whole network')
    .helpOption('-h, --help')
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .exitOverride();
}

/** The whole program: reads the command line, runs a node until it is told to end, sets the exit code. */
export async function runNode(argv: readonly string[]): Promise<void> {
  let flags: Flags;
  try {
    flags = program().parse(argv).opts<Flags>();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return;
  }
  const log = pino({ level: flags.logLevel }, pino.destination({ dest: 2, sync: true }));
  try {
    const node = await startNode(optionsOf(flags), log);
    endOnSignals(node, log);
    announce(node);
    await node.ended;
    process.exit(EXIT.done);
  } catch (error) {
    process.exit(report('astralnode', error));
  }
}

function optionsOf(flags: Flags): NodeOptions {
  return {
    data: flags.ephemeral === true ? null : (flags.data ?? profileFolder(flags.uuid)),
    port: flags.port ?? null,
    peerPort: flags.peerPort ?? null,
    listen: flags.listen,
    advertise: flags.advertise ?? null,
    directory: [...flags.directory, ...flags.web],
    bootstrap: flags.bootstrap,
    uplink: flags.uplink ?? flags.upstreamLimit ?? null,
    journal: flags.journal ?? null,
    sample: flags.sample === undefined ? [] : [flags.sample === true ? 'Sample' : flags.sample],
    watch: flags.watch,
    report: flags.report === true,
    name: flags.uuid === DEFAULT_PROFILE ? null : flags.uuid,
  };
}

/** What people and scripts read: one line each, on standard output. */
function announce(node: LiveNode): void {
  const { id, peerAddress, controlUrl } = node;
  process.stdout.write(`node     ${id}\npeers    ${peerAddress}\ncontrol  ${controlUrl}\npage     ${node.pageUrl()}\n`);
}

/** The first signal leaves and hands over; the second ends at once. */
function endOnSignals(node: LiveNode, log: Logger): void {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(EXIT.interrupted);
      asked = true;
      log.info({ signal }, 'leaving');
      void node.stop();
    });
  }
}

type Collect = (value: string, before: readonly string[]) => readonly string[];

function repeatable(flags: string, description: string, parse: Collect): Option {
  return new Option(flags, `${description}; repeatable`).argParser(parse).default([], 'none');
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function collectHostPort(value: string, before: readonly string[]): readonly string[] {
  return [...before, hostPort(value)];
}

function directory(value: string, before: readonly string[]): readonly string[] {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new InvalidArgumentError('It must be an address such as http://127.0.0.1:4567.');
  }
  return [...before, url.origin];
}

function advertised(value: string): string {
  return value === 'none' ? value : hostPort(value);
}

function hostPort(value: string): string {
  if (!/^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[1-9]\d{0,4}$/.test(value)) {
    throw new InvalidArgumentError('It must be a host and a port, such as 192.0.2.7:8001.');
  }
  return value;
}

function rate(value: string): number {
  const bits = parseRate(value);
  if (bits === null) throw new InvalidArgumentError('It must be a rate such as 8Mbit or 800kbit.');
  return bits;
}

function kilobytes(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('It must be a whole number of kilobytes a second.');
  return Number(value) * 8_000;
}

function profileName(value: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value)) {
    throw new InvalidArgumentError('It must be a name of letters, digits, dots, hyphens and underscores.');
  }
  return value;
}
