import { linkSync, mkdirSync, readFileSync, rmSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import { StoreError, codeOf, readPrivate, writePrivate } from './files.js';

/** Another process that takes a folder over holds a lock for milliseconds; one this old was left behind by a crash. */
const STALE_LOCK_MS = 5_000;

/** A process, told apart from a later one that got the same number. */
export interface Owner {
  readonly pid: number;
  /** When it started, in the kernel's ticks; null where the system does not tell. */
  readonly started: string | null;
}

/**
 * Makes this process the one that uses a folder, by the file `path` in it. Throws a `StoreError` if another one does: two
 * processes must never be the same node. What a process left behind that ended without cleaning up is taken over.
 */
export function claim(path: string): void {
  const mine = `${path}.${process.pid}.new`;
  writePrivate(mine, `${process.pid} ${statOf(process.pid)?.started ?? '-'}\n`);
  try {
    for (let tries = 0; !claimed(mine, path); tries += 1) {
      const owner = ownerOf(path);
      if (owner !== null || tries > 20) refuse(path, owner);
      takeOver(path);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** The living process that the file names; null if there is none. */
export function ownerOf(path: string): Owner | null {
  const [number = '', mark = '-'] = (readPrivate(path)?.toString().trim() ?? '').split(' ');
  const pid = Number(number);
  if (!/^\d+$/.test(number) || !Number.isSafeInteger(pid) || pid <= 0) return null;
  const owner = { pid, started: mark === '-' ? null : mark };
  return runs(owner) ? owner : null;
}

/** A link is made by one process only, whoever else tries at the same time. */
function claimed(mine: string, path: string): boolean {
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the file of a dead process, unless another process is just about to do so. */
function takeOver(path: string): void {
  const lock = `${path}.lock`;
  try {
    mkdirSync(lock, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > STALE_LOCK_MS) rmdirSync(lock);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    return;
  }
  try {
    if (ownerOf(path) === null) unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  } finally {
    rmdirSync(lock);
  }
}

function refuse(path: string, owner: Owner | null): never {
  const who = owner === null ? 'another process' : `process ${owner.pid}`;
  throw new StoreError(`${path}: ${who} runs with this folder; stop it, or give another folder with --data`);
}

/** Whether this very process still runs; one that ended and waits to be collected does not. */
export function runs({ pid, started }: Owner): boolean {
  const stat = statOf(pid);
  if (stat === null) return isAlive(pid);
  return stat.state !== 'Z' && (started === null || stat.started === started);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** State and start of a process from `/proc/PID/stat`, fields 3 and 22; the second is a name in brackets that may hold anything. */
function statOf(pid: number): { readonly state: string; readonly started: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', started: fields[19] ?? '' };
  } catch {
    return null;
  }
}
