import { createWriteStream, openSync, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { type JournalEntry, type JournalHeader, printEntry, printHeader } from '../core/journal/journal.js';

/** Bytes that may wait for the disk. */
const WAITING_BYTES = 8 * 1024 * 1024;

/**
 * Writes the journal of one node to a file, a line an entry. A disk that does not keep up, or fails, ends the journal
 * and never the node: what was written is a whole prefix, which is all that a replay needs.
 */
export class JournalFile {
  readonly #file: WriteStream;
  #ended = false;
  #failure: string | null = null;

  /**
   * The file is made anew and readable by its owner only, since it holds all that the node has seen. Throws the error of the
   * system if that cannot be: who asks for a journal is not to find out at the end that there is none.
   */
  constructor(path: string, header: JournalHeader) {
    this.#file = createWriteStream(path, { fd: openSync(path, 'w', 0o600) });
    this.#file.on('error', (error) => this.#fail(error.message));
    this.#line(printHeader(header));
  }

  /** Why the journal ended before it was closed; null while it is whole. */
  get failure(): string | null {
    return this.#failure;
  }

  record(entry: JournalEntry): void {
    if (this.#ended) return;
    if (this.#file.writableLength > WAITING_BYTES) this.#fail('the disk does not keep up');
    else this.#line(printEntry(entry));
  }

  /** Resolves when everything is on its way to the disk; never rejects, see `failure`. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#file.end();
    await finished(this.#file).catch(() => undefined);
  }

  #line(line: string): void {
    this.#file.write(`${line}\n`);
  }

  #fail(why: string): void {
    this.#failure ??= why;
    this.#ended = true;
    this.#file.end();
  }
}
