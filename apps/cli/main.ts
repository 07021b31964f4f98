import { Command, CommanderError } from 'commander';
import { EXIT, report } from '../exit-codes.js';
import { addCompare } from './compare.js';
import { addDemo } from './demo.js';
import { addList } from './list.js';
import { addSim } from './sim.js';
import { addView } from './view.js';
import { addUp } from './up.js';
import { VERSION } from '../version.js';

const program = new Command('astral')
  .description('a laboratory for live media over peers')
  .version(VERSION)
  .showHelpAfterError('(--help shows what there is)')
  .addHelpText('after', '\nExample:\n  astral sim w02 --nodes 300')
  .exitOverride();
addDemo(program);
addUp(program);
addSim(program);
addCompare(program);
addView(program);
addList(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else process.exitCode = report('astral', error, process.argv.includes('--debug'));
}
