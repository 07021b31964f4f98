import { loadsOf } from '../brokering/member.js';
import type { Referrals } from '../brokering/referrals.js';
import type { NodeContext } from '../context.js';
import { LIMITS } from '../limits.js';
import type { Contact } from '../machine.js';
import type { Find } from '../message.js';
import { signRecord } from '../trust/statements.js';
import { MS, SECOND, type NodeId } from '../units.js';
import type { Peer } from './peers.js';

const FIRST_RETRY = 1 * SECOND;
const LAST_RETRY = 30 * SECOND;
/** Who has no neighbour at all waits no longer than this: when the network heals it is back within ten seconds. */
const LONELY_RETRY = 5 * SECOND;
/** A regular announcement waits this long for a message to ride along with. */
const SLACK = 100 * MS;

/** Ways into the overlay: directories, a static list, contacts of the last run; and what we tell others about us. */
export class Bootstrap {
  readonly #ctx: NodeContext;
  readonly #directories = new Set<string>();
  /** Who answered at an address of the configuration. */
  readonly #names = new Map<string, NodeId>();
  #retry = FIRST_RETRY;
  #announced = 0;

  constructor(ctx: NodeContext) {
    this.#ctx = ctx;
    for (const contact of ctx.config.directory) {
      this.#directories.add(contact.address);
      if (contact.node !== null) this.#directories.add(contact.node);
    }
  }

  isDirectory(contact: Contact): boolean {
    return this.#directories.has(contact.address) || (contact.node !== null && this.#directories.has(contact.node));
  }

  /** Whether the contact is one of the configuration. */
  isWay(contact: Contact): boolean {
    const { directory, bootstrap } = this.#ctx.config;
    return [...directory, ...bootstrap].some(({ address }) => address === contact.address);
  }

  /** Who lives at an address became known. */
  learn(contact: Contact, id: NodeId): void {
    this.#names.set(contact.address, id);
    if (this.isDirectory(contact)) this.#directories.add(id);
  }

  /** Dials every way in that is not connected, and again later with growing, jittered pauses. */
  step(): void {
    const ctx = this.#ctx;
    const ways = [...ctx.config.directory, ...ctx.config.bootstrap];
    const missing = ways.filter(({ node, address }) => {
      const name = node ?? this.#names.get(address);
      return name === undefined || ctx.peers.get(name) === undefined;
    });
    const remembered = ctx.peers.size === 0 ? (ctx.identity.durable?.contacts ?? []) : [];
    for (const contact of [...missing, ...remembered.slice(0, LIMITS.referral)]) {
      if (contact.node !== ctx.id) ctx.dial(contact);
    }
    if (missing.length === 0 && (ctx.peers.size > 0 || remembered.length === 0)) {
      this.#retry = FIRST_RETRY;
      return;
    }
    this.retryLater();
  }

  retryLater(): void {
    const ctx = this.#ctx;
    const pause = ctx.peers.size === 0 ? Math.min(this.#retry, LONELY_RETRY) : this.#retry;
    ctx.deadlines.setEarlier('bootstrap', ctx.now + Math.ceil(pause * (0.5 + ctx.rng.next())));
    this.#retry = Math.min(2 * this.#retry, LAST_RETRY);
  }

  /** Tells the directories that we are here, with what room; `ttl` 0 takes it back. */
  announce(ttl: number): void {
    const ctx = this.#ctx;
    const record = signRecord(ctx.crypto, ctx.identity.key, {
      node: ctx.id,
      publicKey: ctx.identity.key.publicKey,
      endpoints: ctx.config.endpoints,
      streams: loadsOf(ctx),
      seq: ctx.incarnation * 1_000_000 + ++this.#announced,
      ttl,
    });
    for (const peer of ctx.peers.all()) {
      if (peer.kind !== 'directory') continue;
      ctx.send(peer, { type: 'announce', record });
      for (const stream of ctx.streams.values()) {
        if (stream.publishing !== null && stream.manifest !== null)
          ctx.send(peer, { type: 'manifest', manifest: stream.manifest });
      }
    }
    if (ttl <= 0) return;
    const after = Math.ceil(ctx.config.announceEvery * (0.9 + 0.2 * ctx.rng.next()));
    ctx.deadlines.set('announce', ctx.now + after, SLACK);
  }

  /** Who has this stream, as far as we know: our children, ourselves, then other candidates. */
  onFind(peer: Peer, find: Find, referrals: Referrals): void {
    const ctx = this.#ctx;
    const stream = ctx.streams.get(find.stream);
    const count = Math.min(find.count, LIMITS.referral);
    const candidates = referrals.find(peer, find, count - 1);
    const load = stream === undefined ? null : ctx.loadOf(stream);
    if (load !== null) candidates.push({ contact: { node: ctx.id, address: ctx.address ?? '' }, load });
    const others = stream?.candidates.contacts(count, ctx.now - ctx.config.recordTtl) ?? [];
    for (const contact of others) {
      if (contact.node !== peer.id && candidates.length < count) candidates.push({ contact, load: null });
    }
    ctx.send(peer, { type: 'contacts', stream: find.stream, candidates });
  }
}
