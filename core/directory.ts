import { Roll } from './brokering/roll.js';
import type { Manifest } from './chunk.js';
import { Deadlines } from './deadlines.js';
import { LIMITS } from './limits.js';
import { inTurns, rankOf } from './membership/in-turns.js';
import type { Crypto, Deadline, Effects, Input, Machine, Rng } from './machine.js';
import type { Candidate, Command, Message, NodeRecord, SupernodeRecord } from './message.js';
import { verifyManifest, verifyRecord } from './trust/statements.js';
import { SECOND, type NodeId, type StreamId, type Time } from './units.js';

/** How the directory is set up. */
export interface DirectoryConfig {
  /** Asked of the nodes: announce again after this. */
  readonly refresh: Time;
  /** The longest a record lives, whatever its owner wishes. */
  readonly maxTtl: Time;
}

export const DIRECTORY_DEFAULTS: DirectoryConfig = { refresh: 10 * SECOND, maxTtl: 60 * SECOND };

/** Whether a node may be sent to an address on the word of the directory; null: nobody was sent there yet to see. */
export type Vouch = (node: NodeId, address: string) => boolean | null;

/** What the pages of the web app show. */
export interface DirectoryView {
  readonly nodes: readonly { readonly record: NodeRecord; readonly expires: Time }[];
  readonly streams: readonly { readonly manifest: Manifest; readonly nodes: number; readonly expires: Time }[];
  readonly supernodes: readonly { readonly record: SupernodeRecord; readonly expires: Time }[];
}

interface Listed {
  readonly record: NodeRecord;
  readonly expires: Time;
}

/** A node of a stream as it is handed out. */
interface Member {
  readonly id: NodeId;
  /** null when it cannot be dialled. */
  readonly candidate: Candidate | null;
  readonly interior: number;
  /** Hops from the publisher; more when it has no room. */
  readonly rank: number;
  /** `rank` with the luck of the answer in the making, and which one that is. */
  order: number;
  answer: number;
}

/** Nodes of one stream in an array, so that a sample of them costs no walk over all. */
interface Members {
  readonly list: Member[];
  readonly place: Map<NodeId, number>;
}

const SWEEP = 1 * SECOND;
/** Records looked at for each candidate returned. */
const SAMPLE = 3;

/**
 * Where nodes find their first peer: a table of self-signed records with a time to live. Only the owner's signature
 * or time removes one; nothing that anybody says about another node counts.
 */
export class Directory implements Machine<Message, Command, DirectoryView> {
  readonly #config: DirectoryConfig;
  readonly #rng: Rng;
  readonly #crypto: Crypto;
  readonly #vouch: Vouch;
  readonly #records = new Map<NodeId, Listed>();
  readonly #members = new Map<StreamId, Members>();
  readonly #manifests = new Map<StreamId, { manifest: Manifest; expires: Time }>();
  #answers = 0;
  readonly #roll: Roll;
  readonly #deadlines = new Deadlines(['sweep']);

  /** @param vouch whom to hand out; everybody who announces an address unless given */
  constructor(config: DirectoryConfig, rng: Rng, crypto: Crypto, vouch: Vouch = () => true) {
    this.#config = config;
    this.#rng = rng;
    this.#crypto = crypto;
    this.#vouch = vouch;
    this.#roll = new Roll(crypto);
    this.#deadlines.set('sweep', SWEEP);
  }

  handle(now: Time, input: Input<Message, Command>, effects: Effects<Message>): void {
    if (input.type === 'message') this.#onMessage(now, input.from, input.message, effects);
    if (input.type === 'peer' && (input.change === 'up' || input.change === 'down')) {
      effects.trace?.({ type: 'peer', peer: input.peer, change: input.change, why: input.why });
    }
    if (this.#deadlines.take(now) !== null) {
      this.#sweep(now, effects);
      this.#deadlines.set('sweep', now + SWEEP);
    }
  }

  nextDeadline(): Deadline | null {
    return this.#deadlines.first;
  }

  view(): DirectoryView {
    return {
      nodes: [...this.#records.values()],
      streams: [...this.#manifests.values()].map(({ manifest, expires }) => ({
        manifest,
        expires,
        nodes: this.#members.get(manifest.stream)?.list.length ?? 0,
      })),
      supernodes: this.#roll.list(),
    };
  }

  restore(view: DirectoryView): void {
    for (const { record, expires } of view.nodes) this.#store(record, expires);
    for (const { manifest, expires } of view.streams) this.#manifests.set(manifest.stream, { manifest, expires });
    for (const { record, expires } of view.supernodes) this.#roll.restore(record, expires);
  }

  #onMessage(now: Time, from: NodeId, message: Message, effects: Effects<Message>): void {
    switch (message.type) {
      case 'announce':
        this.#onAnnounce(now, from, message.record, effects);
        break;
      case 'find': {
        const candidates = this.#find(from, message.stream, message.subs, Math.min(message.count, LIMITS.referral));
        effects.send(from, { type: 'contacts', stream: message.stream, candidates });
        break;
      }
      case 'manifest':
        this.#onManifest(now, from, message.manifest, effects);
        break;
      case 'want-manifest': {
        const known = this.#manifests.get(message.stream);
        if (known !== undefined) effects.send(from, { type: 'manifest', manifest: known.manifest });
        break;
      }
      case 'enlist': {
        const why = this.#roll.enlist(now, message.record, this.#config.maxTtl);
        if (why !== null) effects.trace?.({ type: 'refused', what: 'record', whom: from, why });
        break;
      }
      case 'want-supernodes': {
        const entries = this.#roll.sample(now, from, this.#rng, this.#vouch);
        effects.send(from, { type: 'supernodes', stamp: message.stamp, supernode: false, room: 0, entries });
        break;
      }
      default:
        effects.trace?.({ type: 'refused', what: 'message', whom: from, why: 'unknown' });
    }
  }

  #onAnnounce(now: Time, from: NodeId, record: NodeRecord, effects: Effects<Message>): void {
    const known = this.#records.get(record.node);
    const full = known === undefined && this.#records.size >= LIMITS.directoryRecords;
    if (full || (known !== undefined && record.seq <= known.record.seq) || !verifyRecord(this.#crypto, record)) {
      effects.trace?.({ type: 'refused', what: 'record', whom: from, why: full ? 'limit' : 'invalid' });
      return;
    }
    this.#remove(record.node);
    const ttl = Math.min(record.ttl, this.#config.maxTtl);
    if (ttl > 0) {
      this.#store(record, now + ttl);
      effects.trace?.({ type: 'listed', whom: record.node });
    } else if (known !== undefined) effects.trace?.({ type: 'forgotten', whom: record.node, on: record.node });
    const [address] = record.endpoints;
    const unreached = address !== undefined && this.#vouch(record.node, address) === false;
    const { seq } = record;
    effects.send(
      from,
      unreached ? { type: 'unreached', seq } : { type: 'announced', seq, refresh: this.#config.refresh },
    );
  }

  /** Manifests are kept for those whose record names the stream; they live as long as the record does. */
  #onManifest(now: Time, from: NodeId, manifest: Manifest, effects: Effects<Message>): void {
    const known = this.#manifests.get(manifest.stream);
    if (known !== undefined && manifest.epoch < known.manifest.epoch) return;
    const full = known === undefined && this.#manifests.size >= LIMITS.directoryRecords;
    if (full || !verifyManifest(this.#crypto, manifest)) {
      effects.trace?.({ type: 'refused', what: 'record', whom: from, why: full ? 'limit' : 'invalid' });
      return;
    }
    this.#manifests.set(manifest.stream, { manifest, expires: now + this.#config.maxTtl });
  }

  /** From a random sample of the stream's nodes: the best relay of each wanted sub-stream in turn, then the rest. */
  #find(from: NodeId, stream: StreamId, subs: number, count: number): Candidate[] {
    const list = this.#members.get(stream)?.list ?? [];
    const answer = ++this.#answers;
    const sampled: Member[] = [];
    const draws = Math.min(list.length, SAMPLE * count);
    for (let i = 0; i < draws; i++) {
      const member = list[draws === list.length ? i : this.#rng.below(list.length)] as Member;
      if (member.answer === answer || member.id === from || member.candidate === null) continue;
      if (!this.#vouch(member.id, member.candidate.contact.address)) continue;
      member.answer = answer;
      member.order = member.rank + this.#rng.next();
      sampled.push(member);
    }
    sampled.sort((a, b) => a.order - b.order);
    return inTurns(sampled, subs, count).map(({ candidate }) => candidate as Candidate);
  }

  #store(record: NodeRecord, expires: Time): void {
    this.#records.set(record.node, { record, expires });
    const address = record.endpoints[0];
    for (const load of record.streams) {
      const { stream, interior } = load;
      const members: Members = this.#members.get(stream) ?? { list: [], place: new Map() };
      this.#members.set(stream, members);
      // A record may name a stream twice.
      if (members.place.has(record.node)) continue;
      const candidate = address === undefined ? null : { contact: { node: record.node, address }, load };
      members.place.set(record.node, members.list.length);
      members.list.push({ id: record.node, candidate, interior, rank: rankOf(load), order: 0, answer: 0 });
    }
  }

  #remove(node: NodeId): void {
    const listed = this.#records.get(node);
    if (listed === undefined) return;
    this.#records.delete(node);
    for (const { stream } of listed.record.streams) {
      const members = this.#members.get(stream);
      const place = members?.place.get(node);
      if (members === undefined || place === undefined) continue;
      const last = members.list.pop() as Member;
      members.place.delete(node);
      if (last.id !== node) {
        members.list[place] = last;
        members.place.set(last.id, place);
      }
      if (members.list.length === 0) this.#members.delete(stream);
    }
  }

  #sweep(now: Time, effects: Effects<Message>): void {
    this.#roll.sweep(now);
    for (const [node, { expires }] of this.#records) {
      if (expires > now) continue;
      this.#remove(node);
      effects.trace?.({ type: 'forgotten', whom: node, on: null });
    }
    for (const [stream, { expires }] of this.#manifests) if (expires <= now) this.#manifests.delete(stream);
  }
}
