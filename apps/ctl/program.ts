import { Command, CommanderError } from 'commander';
import { EXIT, UsageError, report } from '../exit-codes.js';
import { DEFAULT_PROFILE, profileFolder } from '../node/options.js';
import { VERSION } from '../version.js';
import { ACTIONS, type Action, type Json } from './actions.js';
import { ControlClient } from './client.js';
import { fake } from './fake.js';
import { top } from './top.js';

interface Flags {
  readonly node?: string;
  readonly uuid?: string;
  readonly profile?: string;
  readonly data?: string;
  readonly json?: true;
  readonly debug?: true;
}

const EXAMPLES = `
Examples:
  astralctl streams                           what this machine's node knows
  astralctl create "Test picture"             publish the bundled sample under a name
  astralctl --profile stage watch SLUG        let the node of that profile receive a stream
  astralctl url                               address of the node's page, with a fresh one-time code
  astralctl tickets --json | jq .             what the node answered, for scripts`;

/** The whole program: one command, one request or two, one answer. */
export async function runCtl(argv: readonly string[]): Promise<void> {
  const program = new Command('astralctl')
    .description('Controls a node on this machine.')
    .version(VERSION, '--version')
    .option('--node <url>', "address of the node's control API, instead of the one it printed")
    .option(
      '--profile <name>',
      `which node of this machine: the name it was started with (default: ${DEFAULT_PROFILE})`,
    )
    .option('-u, --uuid <name>', 'the same as --profile')
    .option('--data <folder>', 'folder of the node, instead of the profile')
    .option('--json', "the node's answer as it came")
    .option('--debug', 'show the stack with an error')
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  addCommands(program);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
    else process.exitCode = report('astralctl', error, program.opts<Flags>().debug === true);
  }
}

function addCommands(program: Command): void {
  for (const action of ACTIONS) {
    const command = program.command(action.usage).description(action.description);
    for (const [flags, about] of action.options ?? []) command.option(flags, about);
    command.option('--json', "the node's answer as it came");
    command.addHelpText('after', exampleOf(action.usage));
    command.action(async () => await perform(program, command, action));
  }
  program
    .command('fake <n>')
    .description('run so many more nodes beside this one, for tests, until Ctrl-C; nothing of them is kept')
    .option('--watch <stream>', 'what they watch, by slug or id')
    .addHelpText('after', '\nExample:\n  astralctl fake 5 --watch test-picture')
    .action(async (wanted: string, { watch }: { watch?: string }) => {
      await fake(clientOf(program.opts<Flags>()), wanted, watch);
    });
  program
    .command('top')
    .description('a table of streams, tickets and traffic that keeps itself up to date; Ctrl-C ends it')
    .option('--json', 'one JSON line a second instead')
    .option('--count <n>', 'end after so many pictures')
    .addHelpText('after', '\nExample:\n  astralctl top --json --count 1 | jq .')
    .action(async (options: { json?: true; count?: string }) => {
      const flags = program.opts<Flags>();
      const count = options.count === undefined ? Infinity : Number(options.count);
      if (!(count >= 1)) throw new UsageError('--count: must be a number from 1');
      await top(clientOf(flags), { json: options.json === true || flags.json === true, count });
    });
}

/** What stands for each word of a usage, or for all of it, in the example below its help. */
const SPECIMENS: Readonly<Record<string, string>> = {
  '<name>': '"Test picture"',
  '<stream>': 'test-picture',
  '[stream]': 'test-picture',
  '<node>': 'relay',
  '<id>': '17',
  'forget <node>': 'forget 3j776uhr',
};

function exampleOf(usage: string): string {
  return `\nExample:\n  astralctl ${SPECIMENS[usage] ?? usage.replace(/[<[]\w+[>\]]/g, (word) => SPECIMENS[word] ?? word)}`;
}

async function perform(program: Command, command: Command, action: Action): Promise<void> {
  const flags = { ...program.opts<Flags>(), ...command.opts<Flags>() };
  const client = clientOf(flags);
  const answer = await action.run({ client, words: command.args, options: command.opts<Json>() });
  process.stdout.write(`${flags.json === true ? JSON.stringify(answer) : action.show(answer, command.args, client)}\n`);
}

function clientOf(flags: Flags): ControlClient {
  if (flags.profile !== undefined && flags.uuid !== undefined && flags.profile !== flags.uuid)
    throw new UsageError('--profile and --uuid name different nodes; give one of the two');
  const folder = flags.data ?? profileFolder(flags.profile ?? flags.uuid ?? DEFAULT_PROFILE);
  return flags.node === undefined ? ControlClient.of(folder) : ControlClient.at(flags.node, folder);
}
