import { accessSync, constants, existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * A folder with all above it, as `mkdir -p` does. Node's own `recursive` tries for ever where a file system answers
 * ENOENT to new names, as /proc does.
 */
export function makeFolder(path: string): void {
  const whole = resolve(path);
  if (!existsSync(dirname(whole))) makeFolder(dirname(whole));
  try {
    mkdirSync(whole);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(whole).isDirectory()) throw error;
  }
}

/** Throws what writing into this folder would; a folder that is not there yet is not there afterwards. */
export function tryFolder(path: string): void {
  const fresh = !existsSync(path);
  makeFolder(path);
  accessSync(path, constants.W_OK);
  if (fresh) rmdirSync(path);
}
