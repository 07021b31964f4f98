import { join } from 'node:path';
import { z } from 'zod';
import { LIMITS } from '../../core/limits.js';
import { claim } from '../node/claim.js';
import { StoreError, codeOf, ensurePrivateFolder, readPrivate, writePrivate } from '../node/files.js';
import { rmSync } from 'node:fs';

const MAX_BYTES = 256 * 1024 * 1024;
const EVERY_MS = 5_000;

const Kept = z.object({
  id: z.string().regex(/^[a-zA-Z0-9._-]{1,64}$/),
  /** Nodes and the addresses at which they were met. */
  met: z.array(z.tuple([z.string(), z.string()])).max(4 * LIMITS.directoryRecords),
  /** What nodes have said, as the frames in which they said it. */
  frames: z.array(z.base64()).max(4 * LIMITS.directoryRecords),
});
export type Kept = z.infer<typeof Kept>;

/**
 * Keeps what a directory knows in a folder, so that a restart forgets nobody. What is kept are the signed frames of the
 * nodes themselves: when they are read again, they are checked like any other.
 */
export class Keeper {
  readonly #path: string;
  readonly #claim: string;
  #written = '';
  #timer: NodeJS.Timeout | null = null;

  /** Throws a `StoreError` if another process uses the folder. */
  constructor(folder: string) {
    ensurePrivateFolder(folder);
    this.#path = join(folder, 'directory.json');
    this.#claim = join(folder, 'pid');
    claim(this.#claim);
  }

  /** What an earlier run kept, null for nothing. */
  read(): Kept | null {
    const bytes = readPrivate(this.#path, MAX_BYTES);
    if (bytes === null) return null;
    try {
      return Kept.parse(JSON.parse(bytes.toString()));
    } catch {
      throw new StoreError(`${this.#path}: is damaged; move it away to begin with an empty directory`);
    }
  }

  /** Writes now and then what `state` tells; a disk that fails is reported and ends nothing. */
  start(state: () => Kept, failed: (why: string) => void): void {
    this.#timer = setInterval(() => this.#write(state(), failed), EVERY_MS);
  }

  close(last: Kept, failed: (why: string) => void): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#write(last, failed);
    rmSync(this.#claim, { force: true });
  }

  #write(kept: Kept, failed: (why: string) => void): void {
    const text = JSON.stringify(kept);
    if (text === this.#written) return;
    try {
      writePrivate(this.#path, text);
      this.#written = text;
    } catch (error) {
      failed(codeOf(error));
    }
  }
}
