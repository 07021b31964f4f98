import { Command, CommanderError } from 'commander';
import { endOnFaults, EXIT, report } from '../exit-codes.js';
import { addBench } from './bench.js';
import { addCompare } from './compare.js';
import { addDemo } from './demo.js';
import { addFuzz } from './fuzz.js';
import { addList } from './list.js';
import { addPrograms, runOtherProgram } from './programs.js';
import { addReplay } from './replay.js';
import { addReport } from './report.js';
import { addSim } from './sim.js';
import { addSweep } from './sweep.js';
import { addView } from './view.js';
import { addUp } from './up.js';
import { VERSION } from '../version.js';

// A reader that has seen enough, such as `head`, ends the output and not in an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.environment);
});

endOnFaults('astral', process.argv);

const program = new Command('astral')
  .description('live video that viewers carry to each other, and a laboratory for it')
  .version(VERSION)
  .showHelpAfterError('(--help shows what there is)')
  .addHelpText('after', '\nExamples:\n  astral demo\n  astral sim w02 --nodes 300')
  .exitOverride();
addDemo(program);
addUp(program);
addSim(program);
addCompare(program);
addReplay(program);
addReport(program);
addSweep(program);
addFuzz(program);
addView(program);
addBench(program);
addList(program);
addPrograms(program);

try {
  if (!(await runOtherProgram(process.argv))) await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else process.exitCode = report('astral', error, process.argv.includes('--debug'));
}
