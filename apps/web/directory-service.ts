import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { DIRECTORY_DEFAULTS, Directory, type DirectoryView } from '../../core/directory.js';
import { Host } from '../../core/host.js';
import { LIMITS } from '../../core/limits.js';
import type { Message } from '../../core/message.js';
import { createRng } from '../../core/rng.js';
import { createCrypto } from '../../transports/crypto.js';
import { DirectoryPort } from '../../transports/directory-port.js';
import { FRAME_ROUTE, FRAME_TYPE, NODE_HEADER } from '../../transports/http-directory.js';
import { SystemClock } from '../../transports/system-clock.js';
import { hostAndPort } from '../node/addresses.js';
import { SlugTable } from '../node/slugs.js';
import type { ListedNode, ListedStream, Listing } from './listing.js';

const STATUS = { 'no-node': 400, malformed: 400, 'too-large': 413, stopped: 503 } as const;

/** Rows on a page and in a JSON list at most. */
const MAX_LISTED = 1_000;

/** The directory machine in this process: frames in by HTTP, lists out for the pages. */
export class DirectoryService implements Listing {
  readonly id: string;
  readonly #directory: Directory;
  readonly #host: Host<Message, never, DirectoryView>;
  readonly #port = new DirectoryPort<never>();
  readonly #slugs = new SlugTable();
  #labelled = new Set<string>();

  constructor() {
    this.id = `directory-${randomBytes(8).toString('hex')}`;
    const rng = createRng(randomBytes(16).toString('hex'));
    this.#directory = new Directory(DIRECTORY_DEFAULTS, rng, createCrypto());
    this.#host = new Host(this.id, this.#directory, { clock: new SystemClock(), network: this.#port });
  }

  start(): void {
    this.#host.start();
  }

  stop(): void {
    this.#host.stop();
  }

  /** Adds the route that nodes post their frames to. */
  addRoute(app: FastifyInstance): void {
    const parseAs = 'buffer';
    const bodyLimit = LIMITS.controlBytes;
    app.addContentTypeParser(FRAME_TYPE, { parseAs, bodyLimit }, (_request, body, done) => done(null, body));
    app.post(FRAME_ROUTE, { bodyLimit }, async (request, reply) => {
      const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
      const from = request.headers[NODE_HEADER];
      const answer = this.#port.handleFrame(body, typeof from === 'string' ? from : undefined);
      if (!answer.ok) return await reply.code(STATUS[answer.why]).send({ error: answer.why });
      return await reply.header(NODE_HEADER, this.id).type(FRAME_TYPE).send(Buffer.from(answer.body));
    });
  }

  nodes(): ListedNode[] {
    const { nodes, supernodes } = this.#directory.view();
    const enlisted = new Set(supernodes.map(({ record }) => record.node));
    return nodes.slice(0, MAX_LISTED).map(({ record }) => {
      const { host, port } = hostAndPort(record.endpoints[0] ?? null);
      return { uuid: record.node, ip_address: host, port, supernode: enlisted.has(record.node) };
    });
  }

  streams(): ListedStream[] {
    const { nodes, streams } = this.#directory.view();
    const publishers = publishersOf(nodes);
    const listed = streams.filter((stream) => stream.nodes > 0).slice(0, MAX_LISTED);
    this.#relabel(new Set(listed.map(({ manifest }) => manifest.stream)));
    return listed.map(({ manifest, nodes: count }) => ({
      id: manifest.stream,
      name: manifest.name,
      slug: this.#slugs.of({ id: manifest.stream, name: manifest.name }),
      description: manifest.description,
      source: publishers.get(manifest.stream) ?? null,
      nodes: count,
    }));
  }

  stream(slug: string): ListedStream | null {
    const streams = this.streams();
    const id = this.#slugs.resolve(slug);
    return streams.find((stream) => stream.id === id) ?? null;
  }

  /** A slug lives as long as its stream is listed. */
  #relabel(present: Set<string>): void {
    for (const id of this.#labelled) if (!present.has(id)) this.#slugs.delete(id);
    this.#labelled = present;
  }
}

/** Publishers by stream: who stands at depth 0 and relays all sub-streams. What they say of themselves, hence a hint. */
function publishersOf(nodes: DirectoryView['nodes']): Map<string, string> {
  const publishers = new Map<string, string>();
  const widest = new Map<string, number>();
  for (const { record } of nodes) {
    for (const { stream, depth, interior } of record.streams) {
      if (depth > 0 || interior <= (widest.get(stream) ?? 0)) continue;
      widest.set(stream, interior);
      publishers.set(stream, record.node);
    }
  }
  return publishers;
}
