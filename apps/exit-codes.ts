/** Exit codes that scripts may rely on. */
export const EXIT = { done: 0, failed: 1, usage: 2, environment: 3, bug: 70, interrupted: 130 } as const;

/** A command line or setting that cannot be run. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A port, file or peer that cannot be had; the message says how to mend it. */
export class EnvironmentFault extends Error {
  override readonly name: string = 'EnvironmentFault';
}

/** Writes the error for people to read, with its stack only if it is a bug of ours; the exit code that belongs to it. */
export function report(program: string, error: unknown): number {
  const expected = error instanceof UsageError || error instanceof EnvironmentFault;
  const text = error instanceof Error ? (expected ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`${program}: ${text}\n`);
  if (error instanceof UsageError) return EXIT.usage;
  return expected ? EXIT.environment : EXIT.bug;
}
