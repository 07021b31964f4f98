import {
  constants,
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { EnvironmentFault } from '../exit-codes.js';

/** A file or folder that this process must not go on with; the message says how to mend it. */
export class StoreError extends EnvironmentFault {
  override readonly name: string = 'StoreError';
}

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** Makes the folder, or checks that an existing one belongs to this user alone. */
export function ensurePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: PRIVATE_FOLDER });
  const stat = lstatSync(path);
  if (!stat.isDirectory()) throw new StoreError(`${path}: is not a directory`);
  refuseStrangers(path, stat.uid, stat.mode, '700');
}

/**
 * The bytes of a file that only this user may read; null if there is none. Throws a `StoreError` for a link, for a file
 * of somebody else and for one whose mode lets others in: what it holds may be known or planted.
 */
export function readPrivate(path: string, maxBytes = 1024 * 1024): Buffer | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    if (codeOf(error) === 'ELOOP') throw new StoreError(`${path}: is a symbolic link; replace it by the file itself`);
    throw new StoreError(`${path}: cannot be read (${codeOf(error)})`);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new StoreError(`${path}: is not a plain file`);
    refuseStrangers(path, stat.uid, stat.mode, '600');
    if (stat.size > maxBytes) throw new StoreError(`${path}: is larger than ${maxBytes} bytes`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Replaces the file whole: after a crash at any moment it holds either the old bytes or the new ones. */
export function writePrivate(path: string, bytes: string | Uint8Array): void {
  const draft = `${path}.${process.pid}.new`;
  const file = openSync(
    draft,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    PRIVATE_FILE,
  );
  try {
    fchmodSync(file, PRIVATE_FILE);
    const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    for (let at = 0; at < data.length;) at += writeSync(file, data, at);
    fsyncSync(file);
  } catch (error) {
    unlinkSync(draft);
    throw error;
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  syncFolder(dirname(path));
}

/** Without this the rename itself may be lost with the power. */
function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function refuseStrangers(path: string, uid: number, mode: number, wanted: string): void {
  if (process.getuid !== undefined && uid !== process.getuid())
    throw new StoreError(`${path}: belongs to another user`);
  if ((mode & 0o077) !== 0) {
    throw new StoreError(
      `${path}: others may enter (mode ${(mode & 0o777).toString(8)}); run: chmod ${wanted} '${path}'`,
    );
  }
}

/** The system's error code, or an empty string. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
