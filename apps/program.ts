import { Command, CommanderError, Option } from 'commander';
import pino, { type Logger } from 'pino';
import { endOnFaults, EXIT, report } from './exit-codes.js';
import { addFlags, readSettings, type Settings, type ValuesOf } from './settings.js';
import { endWithParent, TIED, TIED_ABOUT } from './tied.js';
import { logLevel } from './values.js';
import { VERSION } from './version.js';

/** A program that runs until it is told to end. */
export interface ServerProgram<S extends Settings> {
  readonly name: string;
  readonly description: string;
  /** Text after the list of flags. */
  readonly examples: string;
  /** In front of environment variables. */
  readonly prefix: string;
  readonly settings: S;
  /** Flags that are no settings, for this call only. */
  readonly flags?: (command: Command) => Command;
  /** Resolves to the exit code. */
  readonly run: (values: ValuesOf<S> & CommonValues, call: Call) => Promise<number>;
}

/** How the program was called. */
export interface Call {
  readonly argv: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
  readonly log: Logger;
}

/** What every server can be told. */
const COMMON = {
  logLevel: { flags: '--log-level <level>', help: 'error, warn, info (the default) or debug', schema: logLevel },
} as const satisfies Settings;
type CommonValues = ValuesOf<typeof COMMON>;

/** Reads flags, environment and settings file, runs the program and ends the process with its exit code. */
export async function runServer<S extends Settings>(program: ServerProgram<S>, argv: readonly string[]): Promise<void> {
  endOnFaults(program.name, argv);
  const settings = { ...program.settings, ...COMMON };
  const command = addFlags(new Command(program.name), settings)
    .description(program.description)
    .version(VERSION, '--version')
    .option('-s, --settings <file>', `settings in JSON or lines of key = value; flags and ${program.prefix}_* go first`)
    .option('--debug', 'show the stack with an error')
    .addOption(new Option(TIED, TIED_ABOUT).hideHelp())
    .helpOption('-h, --help')
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', program.examples)
    .allowExcessArguments(false)
    .exitOverride();
  try {
    const flags = (program.flags?.(command) ?? command).parse(argv).opts<Readonly<Record<string, unknown>>>();
    const file = typeof flags['settings'] === 'string' ? flags['settings'] : null;
    const values = readSettings(settings, { flags, env: process.env, prefix: program.prefix, file });
    if (flags['tied'] === true) endWithParent();
    const log = pino({ level: values.logLevel ?? 'info' }, pino.destination({ dest: 2, sync: true }));
    process.exit(await program.run(values, { argv, flags, log }));
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
    else process.exit(report(program.name, error, argv.includes('--debug')));
  }
}

/** Resolves at the first signal to end; from the second on the process ends at once. */
export function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(EXIT.interrupted);
        asked = true;
        resolve(signal);
      });
    }
  });
}
