import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'astral-up-';

/** A folder for the nodes of this process; those of processes that are gone are removed. */
export function ephemeralFolder(): { readonly path: string; remove(): void } {
  const own = join(tmpdir(), `${PREFIX}${process.pid}`);
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length)) : NaN;
    if (Number.isSafeInteger(pid) && pid > 0 && (pid === process.pid || !lives(pid))) {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    }
  }
  mkdirSync(own, { mode: 0o700 });
  return { path: own, remove: () => rmSync(own, { recursive: true, force: true }) };
}

/** Whether a process of this user runs under the number. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
