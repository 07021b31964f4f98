import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));
/** Enough for the toy overlay, which is all arrays or all closures. */
const HEAP_MB = 4_096;

/** What a child can be asked to do, as its arguments. */
export type Task = readonly [
  what: 'ring' | 'closures' | 'engine' | 'simulation' | 'profile' | 'owners' | 'codec',
  ...rest: (string | number)[],
];

/** Runs a task of `child.ts` in a process of its own, its heap limited, and resolves to what it printed. */
export async function inChild(task: Task, signal?: AbortSignal, heapMb = HEAP_MB): Promise<unknown> {
  const flags = ['--expose-gc', `--max-old-space-size=${heapMb}`];
  return await output(process.execPath, [...flags, CHILD, ...task.map(String)], signal);
}

/** Runs a program that prints one JSON document; rejects with what it said when it fails. */
export async function output(program: string, args: readonly string[], signal?: AbortSignal): Promise<unknown> {
  return JSON.parse(await run(program, args, signal)) as unknown;
}

/** Standard output of a program; rejects with what it said when it fails. */
export async function run(program: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  return await new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    });
    let text = '';
    let errors = '';
    child.stdout.on('data', (data: Buffer) => (text += data.toString()));
    child.stderr.on('data', (data: Buffer) => (errors = (errors + data.toString()).slice(-4_000)));
    child.on('error', reject);
    child.on('close', (code, killed) => {
      if (code === 0) resolve(text);
      else reject(new Error(`${program} ended with ${killed ?? `exit code ${code}`}: ${errors.trim()}`));
    });
  });
}
