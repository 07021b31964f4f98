import { randomBytes } from 'node:crypto';
import { DIRECTORY_DEFAULTS, Directory, type DirectoryView } from '../../core/directory.js';
import { Host } from '../../core/host.js';
import type { Message, NodeRecord } from '../../core/message.js';
import { createRng } from '../../core/rng.js';
import { verifyRecord, verifySupernode } from '../../core/trust/statements.js';
import { decode, encode } from '../../core/wire/codec.js';
import { createCrypto } from '../../transports/crypto.js';
import { DirectoryPort, type FrameAnswer } from '../../transports/directory-port.js';
import { SystemClock } from '../../transports/system-clock.js';
import { hostAndPort } from '../node/addresses.js';
import { SlugTable } from '../node/slugs.js';
import { DialBack } from './dial-back.js';
import type { Kept } from './keeper.js';
import type { ListedNode, ListedStream, Listing } from './listing.js';

/** Rows on a page and in a JSON list at most. */
const MAX_LISTED = 1_000;
/** What became of a record in JSON. */
export type RecordVerdict = 'listed' | 'withdrawn' | 'forged' | 'stale';

/** The directory machine in this process: frames in by HTTP, lists out for the pages. */
export class DirectoryService implements Listing {
  readonly id: string;
  readonly #crypto = createCrypto();
  readonly #directory: Directory;
  readonly #host: Host<Message, never, DirectoryView>;
  readonly #port = new DirectoryPort<never>();
  readonly #dialBack = new DialBack(this.#crypto);
  readonly #slugs = new SlugTable();
  #labelled = new Set<string>();

  /** @param kept what an earlier run knew */
  constructor(kept: Kept | null = null) {
    this.id = kept?.id ?? `directory-${randomBytes(8).toString('hex')}`;
    const rng = createRng(randomBytes(16).toString('hex'));
    const vouch = (node: string, address: string): boolean | null => this.#dialBack.verdict(node, address);
    this.#directory = new Directory(DIRECTORY_DEFAULTS, rng, this.#crypto, vouch);
    this.#host = new Host(this.id, this.#directory, { clock: new SystemClock(), network: this.#port });
    this.#host.start();
    for (const [node, address] of kept?.met ?? []) this.#dialBack.trust(node, address);
    for (const frame of kept?.frames ?? []) this.#port.handleFrame(Buffer.from(frame, 'base64'), this.id);
  }

  stop(): void {
    this.#host.stop();
    this.#dialBack.close();
  }

  /** What the next run has to know. */
  kept(): Kept {
    const { nodes, streams, supernodes } = this.#directory.view();
    const messages: Message[] = [
      ...nodes.map(({ record }): Message => ({ type: 'announce', record })),
      ...streams.map(({ manifest }): Message => ({ type: 'manifest', manifest })),
      ...supernodes.map(({ record }): Message => ({ type: 'enlist', record })),
    ];
    const claims = messages.flatMap((message) => claimOf(message) ?? []);
    const met = claims.filter(({ node, address }) => this.#dialBack.hasMet(node, address));
    return {
      id: this.id,
      met: met.map(({ node, address }) => [node, address]),
      frames: messages.map((message) => Buffer.from(encode(message)).toString('base64')),
    };
  }

  /**
   * Takes one frame of a node at address `ip`. Who announces an address is dialled there; before it was met, nobody is
   * sent to it, though its streams are listed.
   */
  frame(body: Uint8Array, from: string | undefined, ip: string): FrameAnswer {
    const answer = this.#port.handleFrame(body, from);
    const decoded = answer.ok && body.length > 0 ? decode(body) : null;
    const claim = decoded?.ok === true ? claimOf(decoded.message) : null;
    if (decoded?.ok === true && claim !== null && this.#dialBack.isDue(claim.node, claim.address)) {
      if (this.#isSigned(decoded.message)) void this.#dialBack.look(claim.node, claim.address, ip);
    }
    return answer;
  }

  /** Takes a record that came as JSON; one that lives no time withdraws its node. */
  record(record: NodeRecord, ip: string): RecordVerdict {
    if (!verifyRecord(this.#crypto, record)) return 'forged';
    const known = this.#recordOf(record.node);
    if (known !== undefined && known.seq >= record.seq) return 'stale';
    this.frame(encode({ type: 'announce', record }), record.node, ip);
    if (record.ttl === 0) return this.#recordOf(record.node) === undefined ? 'withdrawn' : 'stale';
    return this.#recordOf(record.node)?.seq === record.seq ? 'listed' : 'stale';
  }

  nodes(): ListedNode[] {
    const { nodes, supernodes } = this.#directory.view();
    const ruling = new Set(supernodes.map(({ record }) => record.node));
    return nodes.slice(0, MAX_LISTED).map(({ record }) => {
      const address = record.endpoints[0] ?? null;
      const met = address !== null && this.#dialBack.hasMet(record.node, address);
      const { host, port } = hostAndPort(met ? address : null);
      return { uuid: record.node, ip_address: host, port, supernode: ruling.has(record.node) };
    });
  }

  node(uuid: string): ListedNode | null {
    return this.nodes().find((listed) => listed.uuid === uuid) ?? null;
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

  #isSigned(message: Message): boolean {
    if (message.type === 'announce') return verifyRecord(this.#crypto, message.record);
    return message.type === 'enlist' && verifySupernode(this.#crypto, message.record);
  }

  #recordOf(node: string): NodeRecord | undefined {
    return this.#directory.view().nodes.find(({ record }) => record.node === node)?.record;
  }

  /** A slug lives as long as its stream is listed. */
  #relabel(present: Set<string>): void {
    for (const id of this.#labelled) if (!present.has(id)) this.#slugs.delete(id);
    this.#labelled = present;
  }
}

/** Where a node says that it lives; only the first of its addresses is ever handed out. */
interface Claim {
  readonly node: string;
  readonly address: string;
}

/** Null for what sends nobody anywhere: other messages, nodes that cannot be dialled, and those that leave. */
function claimOf(message: Message): Claim | null {
  if (message.type === 'enlist' && message.record.ttl > 0)
    return { node: message.record.node, address: message.record.address };
  if (message.type !== 'announce' || message.record.ttl === 0) return null;
  const { node, endpoints } = message.record;
  return endpoints[0] === undefined ? null : { node, address: endpoints[0] };
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
