import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Crypto } from '../../core/machine.js';
import { openReport, REPORT_BYTES, REPORT_ROUTE, type Report } from '../report.js';

/** A node that says nothing for so long is not shown any more. */
const TTL_MS = 10_000;
const MAX_NODES = 2_000;
const MAX_TOTAL_BYTES = 32 * 1024 * 1024;
const MAX_LISTENERS = 64;

interface Kept {
  readonly seq: number;
  /** As it is sent: JSON in one line. */
  readonly line: string;
  readonly expires: number;
}

/**
 * Server-sent events of one listener. It keeps whom it has not told of yet, not what: however slowly it is read, it costs no
 * copies, and a node that reports again meanwhile is told once, with the newest.
 */
class Listener extends Readable {
  readonly #pending: Set<string>;
  readonly #lineOf: (node: string) => string | undefined;
  #wanted = false;

  constructor(nodes: Iterable<string>, lineOf: (node: string) => string | undefined) {
    super();
    this.#pending = new Set(nodes);
    this.#lineOf = lineOf;
    // A comment at once, so that the reader knows the stream to be open even while nobody reports.
    this.push(': reports\n\n');
  }

  tell(node: string): void {
    this.#pending.add(node);
    if (this.#wanted) this.#fill();
  }

  forget(node: string): void {
    this.#pending.delete(node);
  }

  end(): void {
    this.#wanted = false;
    this.push(null);
  }

  override _read(): void {
    this.#wanted = true;
    this.#fill();
  }

  #fill(): void {
    for (const node of this.#pending) {
      if (!this.#wanted) return;
      this.#pending.delete(node);
      const line = this.#lineOf(node);
      if (line !== undefined) this.#wanted = this.push(`data: ${line}\n\n`);
    }
  }
}

export type Verdict = 'taken' | 'stale' | 'full';

/** The newest report of every node that reports, and who wants to hear of the next. Bounded in nodes, bytes and listeners. */
export class Reports {
  readonly #kept = new Map<string, Kept>();
  readonly #listeners = new Set<Listener>();
  #bytes = 0;

  put({ seq, ...report }: Report, now: number): Verdict {
    this.#sweep(now);
    const before = this.#kept.get(report.node);
    if (before !== undefined && seq <= before.seq) return 'stale';
    const line = JSON.stringify(report);
    const bytes = this.#bytes + line.length - (before?.line.length ?? 0);
    if (bytes > MAX_TOTAL_BYTES || (before === undefined && this.#kept.size >= MAX_NODES)) return 'full';
    this.#bytes = bytes;
    this.#kept.set(report.node, { seq, line, expires: now + TTL_MS });
    for (const listener of this.#listeners) listener.tell(report.node);
    return 'taken';
  }

  /** A JSON list of all. */
  list(now: number): string {
    this.#sweep(now);
    return `[${[...this.#kept.values()].map(({ line }) => line).join(',')}]`;
  }

  /** Server-sent events, beginning with what is known; null when there are too many listeners. */
  listen(now: number): Readable | null {
    if (this.#listeners.size >= MAX_LISTENERS) return null;
    this.#sweep(now);
    const listener = new Listener(this.#kept.keys(), (node) => this.#kept.get(node)?.line);
    this.#listeners.add(listener);
    listener.on('close', () => this.#listeners.delete(listener));
    return listener;
  }

  /** Ends all streams. */
  close(): void {
    for (const listener of this.#listeners) listener.end();
  }

  #sweep(now: number): void {
    for (const [node, { expires, line }] of this.#kept) {
      if (expires > now) continue;
      this.#kept.delete(node);
      this.#bytes -= line.length;
      for (const listener of this.#listeners) listener.forget(node);
    }
  }
}

const STATUS: Readonly<Record<Verdict, number>> = { taken: 202, stale: 409, full: 503 };

/** `POST /views`, `GET /views` and `GET /views/stream`. Only a node itself can report, and what it says stays text. */
export function addReportRoutes(app: FastifyInstance, reports: Reports, crypto: Crypto): void {
  const now = (): number => performance.now();
  app.post(REPORT_ROUTE, { bodyLimit: REPORT_BYTES }, async (request, reply) => {
    const report = openReport(crypto, request.body);
    if (report === null) return await reply.code(400).send({ error: 'no report that its node has signed' });
    const verdict = reports.put(report, now());
    return await reply.code(STATUS[verdict]).send(verdict === 'taken' ? { taken: true } : { error: verdict });
  });
  app.get(REPORT_ROUTE, async (_request, reply) => {
    return await reply
      .type('application/json; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(reports.list(now()));
  });
  app.get(`${REPORT_ROUTE}/stream`, async (_request, reply) => {
    const stream = reports.listen(now());
    if (stream === null) return await reply.code(503).send({ error: 'too many listeners' });
    return await reply.type('text/event-stream').header('cache-control', 'no-store').send(stream);
  });
  app.addHook('preClose', (done) => {
    reports.close();
    done();
  });
}
