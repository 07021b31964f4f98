import { runCtl } from './program.js';

await runCtl(process.argv);
