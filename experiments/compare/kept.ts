import { join } from 'node:path';

/** Name of the file with the command line that made a comparison. */
export const COMMAND = 'command.txt';

/** Where a comparison keeps one of its runs, seen from its own folder. */
export function comparedRun(variant: string, protocol: string, seed: number): string {
  return join('runs', `${variant}-${protocol}-${seed}`);
}
