import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';

/**
 * Writes a file so that a reader, and a machine that loses its power, finds all of it or nothing. With `exclusive` the
 * file must be new: answers false, and leaves it, when somebody else was first.
 */
export function writeDurably(path: string, bytes: string | Uint8Array, exclusive = false): boolean {
  const temporary = `${path}.${hostname()}-${process.pid}.tmp`;
  const file = openSync(temporary, 'w');
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  if (exclusive) {
    try {
      linkSync(temporary, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
  } else renameSync(temporary, path);
  syncFolder(dirname(path));
  return true;
}

/** The new name itself is on the disk. Not every file system can be asked for that. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes(code)) throw error;
  } finally {
    closeSync(folder);
  }
}
