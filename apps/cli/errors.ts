/** Exit codes that people script against. */
export const EXIT = { done: 0, failed: 1, usage: 2, environment: 3, bug: 70 } as const;

/** The user asked for something that cannot be: one line a problem. */
export class UsageError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Codes of the operating system that mean this machine, not this program, is at fault. */
const ENVIRONMENT = new Set([
  'EACCES',
  'EPERM',
  'ENOSPC',
  'EROFS',
  'ENOTDIR',
  'EISDIR',
  'EMFILE',
  'ENOENT',
  'EEXIST',
  'EIO',
]);

/** Prints what went wrong, one line a problem, and returns the exit code. */
export function explain(error: unknown, debug: boolean): number {
  if (error instanceof UsageError) {
    for (const problem of error.problems) console.error(`error: ${problem}`);
    return EXIT.usage;
  }
  const { code, message, stack } = (error instanceof Error ? error : new Error(String(error))) as NodeJS.ErrnoException;
  const environment = code !== undefined && ENVIRONMENT.has(code);
  console.error(environment ? `error: ${message}` : `error: ${message} (this is a bug in astral; --debug shows where)`);
  if (debug) console.error(stack);
  return environment ? EXIT.environment : EXIT.bug;
}
