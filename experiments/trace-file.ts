import type { TraceEvent } from '../core/trace.js';
import type { NodeId, Time } from '../core/units.js';
import { GzipLines } from './gzip-lines.js';

/** Writes every trace event as gzipped NDJSON, one `{at, node, ...event}` a line, `at` in microseconds. */
export class TraceFile {
  readonly #lines: GzipLines;

  constructor(path: string) {
    this.#lines = new GzipLines(path);
  }

  write(at: Time, node: NodeId, event: TraceEvent): void {
    this.#lines.write({ at, node, ...event });
  }

  close(): void {
    this.#lines.close();
  }
}
