import type { Command } from 'commander';

/** The other programs under the roof of `astral`, each with what it is for. */
const PROGRAMS = {
  web: ['a directory: the same as astral-web', async (argv) => await (await import('../web/program.js')).runWeb(argv)],
  node: ['a node: the same as astralnode', async (argv) => await (await import('../node/program.js')).runNode(argv)],
  ctl: [
    'control of a node: the same as astralctl',
    async (argv) => await (await import('../ctl/program.js')).runCtl(argv),
  ],
} as const satisfies Record<string, readonly [about: string, run: (argv: readonly string[]) => Promise<void>]>;

/** Adds `astral web`, `astral node` and `astral ctl` to the help. */
export function addPrograms(program: Command): void {
  for (const [name, [about]] of Object.entries(PROGRAMS)) program.command(`${name} [options]`).description(about);
}

/** Runs another program if the command line names one; it has its own options and its own help. */
export async function runOtherProgram(argv: readonly string[]): Promise<boolean> {
  const [node = '', script = '', name = '', ...rest] = argv;
  const found = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name as keyof typeof PROGRAMS] : undefined;
  if (found === undefined) return false;
  await found[1]([node, script, ...rest]);
  return true;
}
