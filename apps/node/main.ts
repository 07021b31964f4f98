import { runNode } from './program.js';

await runNode(process.argv);
