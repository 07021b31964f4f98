/** Exit codes that scripts may rely on. */
export const EXIT = { done: 0, failed: 1, usage: 2, environment: 3, bug: 70, interrupted: 130 } as const;

/** A command line, file or setting that cannot be run; one line a problem. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(problems: string | readonly string[]) {
    super(typeof problems === 'string' ? problems : problems.join('\n'));
  }
}

/** A port, file or peer that cannot be had; the message says how to mend it. */
export class EnvironmentFault extends Error {
  override readonly name: string = 'EnvironmentFault';
}

/** Codes of the operating system that mean this machine, not this program, is at fault, and what they say in words. */
const ENVIRONMENT: Readonly<Record<string, string>> = {
  EACCES: 'this account may not use it',
  EPERM: 'this account may not use it',
  ENOSPC: 'the disk is full',
  EROFS: 'it is on a disk that cannot be written',
  ENOTDIR: 'part of this path is a file, not a folder',
  EISDIR: 'this is a folder, not a file',
  EMFILE: 'too many files are open; raise the limit with ulimit -n',
  ENOENT: 'there is no such file or folder',
  EEXIST: 'something of that name is there already',
  EIO: 'the disk does not answer as it should',
};

/**
 * Writes the error for people to read, each line behind the name of the program, and returns the exit code that belongs
 * to it. The stack is shown if it is a bug of ours, or if `debug` asks for it.
 */
export function report(program: string, error: unknown, debug = false): number {
  const exit = exitOf(error);
  const { stack } = error instanceof Error ? error : new Error(String(error));
  const message = inWords(error);
  const text =
    exit === EXIT.bug ? `this is a bug in astral: ${stack ?? message}` : debug ? (stack ?? message) : message;
  process.stderr.write(
    `${program}: ${text.replaceAll('\n', exit === EXIT.usage && !debug ? `\n${program}: ` : '\n')}\n`,
  );
  return exit;
}

/** What nobody catches ends the process in words and with the exit code that belongs to it, as what is caught does. */
export function endOnFaults(program: string, argv: readonly string[]): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error: unknown) => process.exit(report(program, error, argv.includes('--debug'))));
}

/** The message; for an error of the operating system what is wrong with which path. */
function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code = '', path, message } = error as NodeJS.ErrnoException;
  const words = ENVIRONMENT[code];
  return words === undefined || path === undefined ? message : `${path}: ${words} (${code})`;
}

function exitOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof EnvironmentFault) return EXIT.environment;
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code !== undefined && Object.hasOwn(ENVIRONMENT, code) ? EXIT.environment : EXIT.bug;
}
