import { runWeb } from './program.js';

await runWeb(process.argv);
