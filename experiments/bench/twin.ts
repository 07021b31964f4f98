import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './child-process.js';

/** Seen from `dist/experiments/bench` as from here the source lies beside the TypeScript ones. */
const SOURCE = ['./overlay.cpp', '../../../experiments/bench/overlay.cpp']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));
const COMPILERS = ['g++', 'c++', 'clang++'];

/** The C++ twin of the toy overlay, or why there is none. */
export type Twin =
  | { readonly program: string; readonly compiler: string; remove(): void }
  | { readonly program: null; readonly why: string };

/** Compiles the twin with the first compiler there is, into a folder that `remove` deletes. */
export async function compileTwin(signal?: AbortSignal): Promise<Twin> {
  if (SOURCE === undefined) return { program: null, why: 'overlay.cpp is not part of this installation' };
  const folder = mkdtempSync(join(tmpdir(), 'astral-bench-'));
  const program = join(folder, 'overlay');
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  for (const compiler of COMPILERS) {
    try {
      await run(compiler, ['-O3', '-std=c++17', '-o', program, SOURCE], signal);
      return { program, compiler, remove };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      remove();
      throw error;
    }
  }
  remove();
  return { program: null, why: `no C++ compiler (${COMPILERS.join(', ')}) is installed` };
}
