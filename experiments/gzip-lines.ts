import { closeSync, openSync, writeSync } from 'node:fs';
import { constants, crc32, deflateRawSync } from 'node:zlib';

const BLOCK_CHARACTERS = 1 << 20;
/** Fixed header of RFC 1952: deflate, no name, no time, unknown system. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
/** An empty last block, which ends a deflate stream. */
const LAST_BLOCK = [3, 0] as const;

/**
 * Writes gzipped NDJSON as one gzip member (browsers read no second one). A simulation never yields, so that streams would
 * pile up in memory; this deflates one flushed block after the other instead.
 */
export class GzipLines {
  readonly #file: number;
  #lines: string[] = [];
  #characters = 0;
  #crc = 0;
  #bytes = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
    writeSync(this.#file, HEADER);
  }

  write(value: unknown): void {
    const line = `${JSON.stringify(value)}\n`;
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#characters >= BLOCK_CHARACTERS) this.#flush();
  }

  close(): void {
    this.#flush();
    const end = Buffer.alloc(LAST_BLOCK.length + 8);
    end.set(LAST_BLOCK);
    end.writeUInt32LE(this.#crc, LAST_BLOCK.length);
    end.writeUInt32LE(this.#bytes, LAST_BLOCK.length + 4);
    writeSync(this.#file, end);
    closeSync(this.#file);
  }

  #flush(): void {
    if (this.#lines.length === 0) return;
    const block = Buffer.from(this.#lines.join(''));
    this.#crc = crc32(block, this.#crc);
    this.#bytes = (this.#bytes + block.length) % 2 ** 32;
    writeSync(this.#file, deflateRawSync(block, { level: 1, finishFlush: constants.Z_FULL_FLUSH }));
    this.#lines = [];
    this.#characters = 0;
  }
}
