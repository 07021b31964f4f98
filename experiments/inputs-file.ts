import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { InputRecord } from '../sim/inputs.js';
import { GzipLines } from './gzip-lines.js';

/** Writes every input that a machine handled as gzipped NDJSON, in the order of the digest. */
export class InputsFile {
  readonly #lines: GzipLines;

  constructor(path: string) {
    this.#lines = new GzipLines(path);
  }

  write(record: InputRecord): void {
    this.#lines.write(record);
  }

  close(): void {
    this.#lines.close();
  }
}

/** Inputs from place `from`, counted from 0, up to but without `to`. Rejects where the file is none of ours, or is cut off. */
export async function readInputs(path: string, from: number, to: number): Promise<InputRecord[]> {
  const records: InputRecord[] = [];
  const source = createReadStream(path);
  const plain = createGunzip();
  source.on('error', (error) => plain.destroy(error));
  const lines = createInterface({ input: source.pipe(plain), crlfDelay: Infinity });
  let index = 0;
  for await (const line of lines) {
    if (index >= from) records.push(JSON.parse(line) as InputRecord);
    if (++index >= to) break;
  }
  lines.close();
  source.destroy();
  plain.destroy();
  return records;
}
