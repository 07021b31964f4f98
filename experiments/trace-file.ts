import { closeSync, openSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { TraceEvent } from '../core/trace.js';
import type { NodeId, Time } from '../core/units.js';

const MEMBER_CHARACTERS = 1 << 20;

/**
 * Writes trace events as gzipped NDJSON, one `{at, node, ...event}` a line, `at` in microseconds. A simulation never
 * yields, so that streams would pile up in memory; this writes one gzip member after the other instead.
 */
export class TraceFile {
  readonly #file: number;
  #lines: string[] = [];
  #characters = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  write(at: Time, node: NodeId, event: TraceEvent): void {
    const line = `${JSON.stringify({ at, node, ...event })}\n`;
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#characters >= MEMBER_CHARACTERS) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    if (this.#lines.length > 0) writeSync(this.#file, gzipSync(this.#lines.join(''), { level: 1 }));
    this.#lines = [];
    this.#characters = 0;
  }
}
