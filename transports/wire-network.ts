import { randomBytes } from 'node:crypto';
import { assert } from '../core/assert.js';
import type { ByeCode, Contact, Crypto, DialOutcome, DialTarget, Input, KeyPair, Network } from '../core/machine.js';
import { LIMITS } from '../core/limits.js';
import type { Command, Message } from '../core/message.js';
import { NONCE_BYTES } from '../core/session/hello.js';
import { Session, type SessionPeer } from '../core/session/session.js';
import { OPEN_NETWORK } from '../core/trust/statements.js';
import type { NodeId } from '../core/units.js';
import { carriesChunk, decode, encode } from '../core/wire/codec.js';
import { type Dial, Dials, dialFailure, expectedNode } from './dials.js';
import { type DirectoryEvents, HttpDirectories } from './http-directory.js';
import { Inbox } from './inbox.js';
import { Link, linkBounds } from './link.js';
import { type Rival, rivalry, type Rivalry } from './rivalry.js';
import type { CloseCode, Connection, Listener, Transport } from './transport.js';

/** Who shakes hands for the node, and how large its tables may grow. */
export interface WireNetworkOptions {
  readonly identity: { readonly id: NodeId; readonly key: KeyPair };
  readonly crypto: Crypto;
  /** Of this start of the node; a peer that meets two takes the higher for the true one. */
  readonly incarnation: number;
  readonly transports: readonly Transport[];
  /** Addresses of the directories to speak with; whatever peers say, no others are asked. None unless given. */
  readonly directories?: readonly string[];
  /** What peers are told to dial; where it listens unless given. */
  readonly endpoints?: readonly string[];
  /** Id of the network, the open one unless given; nodes of another are refused. */
  readonly network?: string;
  /** Connections, handshakes included; more are refused as busy. */
  readonly maxLinks?: number;
  /** Bits per second that the line carries, which bounds pieces and queues; unless given, as much as they may have. */
  readonly uplink?: number;
  /** Told of a directory that is not believed to be the one named. */
  readonly onDistrust?: (address: string, why: string) => void;
}

/** What has happened so far, for metrics. */
export interface WireCounters {
  /** Messages to nobody, messages of a later version, and peers that broke the protocol. */
  unroutable: number;
  unknown: number;
  violations: number;
}

type NodeInput = Input<Message, Command>;

const MAX_LINKS = LIMITS.peersPublisher + 64;
const TICK_MS = 500;

/**
 * The network of one live node: codec, session handshake, limits and flow control over any transport, and directories
 * over HTTP. A machine that disconnects a peer hears no more of it, not even `down`.
 */
export class WireNetwork implements Network<Message, Command> {
  readonly counters: WireCounters = { unroutable: 0, unknown: 0, violations: 0 };
  readonly #options: WireNetworkOptions;
  readonly #self: NodeId;
  readonly #links = new Set<Link>();
  readonly #peers = new Map<NodeId, Link>();
  /** Connections that lost against another one to the same peer, and the one that waits for them to drain. */
  readonly #draining = new Map<Link, Link>();
  readonly #dials = new Dials();
  readonly #directories: HttpDirectories;
  readonly #listeners: Listener[] = [];
  #encoded: { readonly message: Message; readonly frame: Uint8Array } | null = null;
  #inbox: Inbox<NodeInput> | null = null;
  #ticker: NodeJS.Timeout | null = null;
  #detached = false;

  constructor(options: WireNetworkOptions) {
    this.#options = options;
    this.#self = options.identity.id;
    const events: DirectoryEvents = {
      up: (contact, peer) => {
        this.#found(contact, peer);
        this.#put({ type: 'peer', peer, change: 'up', why: 'dialled', address: contact.address });
      },
      known: (contact, peer) => this.#found(contact, peer),
      failed: (contact, why) => this.#dialFailed(contact, why),
      message: (peer, frame) => this.#decoded(peer, frame),
      down: (peer, why) => this.#put({ type: 'peer', peer, change: 'down', why }),
      distrusted: (address, why) => options.onDistrust?.(address, why),
    };
    this.#directories = new HttpDirectories(this.#self, events, options.directories ?? []);
  }

  /** Accepts connections; resolves to the address that others dial. Those that come before `attach` are dropped. */
  async listen(transport: Transport): Promise<string> {
    const listener = await transport.listen((connection) => this.#accept(connection));
    this.#listeners.push(listener);
    return listener.address;
  }

  attach(node: NodeId, receive: (input: NodeInput) => void): void {
    assert(node === this.#self && this.#inbox === null, 'a wire network serves one node, once');
    this.#inbox = new Inbox(receive);
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Ends all at once, as a crash does. What was disconnected before still gets its goodbye. */
  detach(node: NodeId): void {
    if (node !== this.#self || this.#detached) return;
    this.#detached = true;
    if (this.#ticker !== null) clearInterval(this.#ticker);
    for (const listener of this.#listeners) void listener.close();
    this.#dials.cancelAll();
    this.#directories.close();
    for (const link of this.#links) if (!link.hurry()) link.destroy();
    this.#links.clear();
    this.#peers.clear();
    this.#draining.clear();
    this.#inbox?.clear();
  }

  /** Nothing happens when the peer is not connected, but for the counter. Throws on a message that breaks a bound. */
  send(_from: NodeId, to: NodeId, message: Message): void {
    const link = this.#peers.get(to);
    if (link === undefined && !this.#directories.serves(to)) {
      this.counters.unroutable++;
      return;
    }
    const frame = this.#encode(message);
    this.#inbox?.during(() => {
      if (link === undefined) this.#directories.send(to, frame);
      else link.send(carriesChunk(message) ? 'media' : 'control', frame);
    });
  }

  /** A relay sends one chunk to many: they share the frame. */
  #encode(message: Message): Uint8Array {
    if (this.#encoded?.message !== message) this.#encoded = { message, frame: encode(message) };
    return this.#encoded.frame;
  }

  /** Nothing happens when the node is a peer already. */
  connect(_from: NodeId, to: DialTarget): void {
    this.#inbox?.during(() => {
      if (to.node !== null && (this.#peers.has(to.node) || this.#directories.serves(to.node))) return;
      if (to.node === this.#self) this.#dialFailed(to, 'identity');
      else if (this.#directories.takes(to.address)) this.#directories.connect(to);
      else {
        const peer = to.node === null ? this.#dialledAt(to.address) : null;
        if (peer === null) this.#dial(to);
        else this.#found(to, peer);
      }
    });
  }

  /** The peer hears of it behind all that was sent, unless that takes longer than a close may take. */
  disconnect(_from: NodeId, to: NodeId, code: ByeCode, detail: string): void {
    this.#inbox?.during(() => {
      this.#directories.disconnect(to);
      const link = this.#peers.get(to);
      if (link === undefined) return;
      this.#peers.delete(to);
      link.retire(code, detail);
    });
  }

  /** The peer that stands at the other end of a connection dialled at this address. */
  #dialledAt(address: string): NodeId | null {
    for (const [peer, { connection }] of this.#peers) {
      if (connection.dialled && connection.remote === address) return peer;
    }
    return null;
  }

  #put(input: NodeInput): void {
    if (!this.#detached) this.#inbox?.put(input);
  }

  #dialFailed(contact: Contact, why: Extract<DialOutcome, { ok: false }>['why']): void {
    this.#put({ type: 'dial', contact, outcome: { ok: false, why } });
  }

  /** Names the node that a contact without one has led to. */
  #found(contact: Contact, peer: NodeId): void {
    if (contact.node === null) this.#put({ type: 'dial', contact, outcome: { ok: true, peer } });
  }

  #dial(contact: DialTarget): void {
    const transport = this.#options.transports.find((candidate) => candidate.takes(contact.address));
    if (transport === undefined) {
      this.#dialFailed(contact, 'unreachable');
      return;
    }
    const dial = this.#dials.add(contact);
    if (dial === null) return;
    if (dial === 'busy') {
      this.#dialFailed(contact, 'busy');
      return;
    }
    dial.cancel = transport.dial(contact.address, (result) => {
      if (result.ok) {
        dial.link = this.#link(result.connection, expectedNode(dial), dial.contacts.some(isNameless));
        return;
      }
      this.#dials.remove(dial);
      for (const waiting of dial.contacts) this.#dialFailed(waiting, result.why);
    });
  }

  #accept(connection: Connection): void {
    if (this.#inbox === null || this.#detached) connection.destroy();
    else if (this.#links.size >= (this.#options.maxLinks ?? MAX_LINKS)) connection.close('busy', 'no room');
    else this.#link(connection, null);
  }

  #link(connection: Connection, expected: NodeId | null, nameless = false): Link {
    const link = new Link(
      connection,
      this.#session(connection, expected, nameless),
      {
        admit: (proven) => this.#admit(proven),
        established: (done) => this.#established(done),
        message: (from, frame) => this.#message(from, frame),
        flow: (at, change) => this.#flow(at, change),
        drained: (at) => this.#draining.get(at)?.release(),
        ended: (gone, code, _detail, local) => this.#ended(gone, code, local),
      },
      () => performance.now(),
      linkBounds(this.#options.uplink ?? Infinity),
    );
    this.#links.add(link);
    return link;
  }

  #session(connection: Connection, expected: NodeId | null, nameless: boolean): Session {
    const { identity, crypto, network, incarnation, endpoints } = this.#options;
    const listening = endpoints ?? this.#listeners.map(({ address }) => address).slice(0, LIMITS.endpoints);
    return new Session({
      side: connection.dialled ? 'dialler' : 'acceptor',
      crypto,
      key: identity.key,
      network: network ?? OPEN_NETWORK,
      incarnation,
      endpoints: nameless ? [] : listening,
      nonce: randomBytes(NONCE_BYTES),
      expected,
    });
  }

  /** Turns down self, whom nobody meant to dial, and a second dialled connection to a peer. */
  #admit(link: Link): boolean {
    const peer = peerOf(link);
    const first = this.#peers.get(peer.id);
    if (first === undefined || this.#rivalry(first, link) !== 'refuse') return true;
    const dial = this.#dials.takeFor(link);
    if (dial !== null) this.#report(dial, peer.id);
    link.close('duplicate', 'another connection stands');
    return false;
  }

  #established(link: Link): void {
    const peer = peerOf(link);
    const dial = this.#dials.takeFor(link);
    if (dial !== null && !this.#report(dial, peer.id)) {
      link.close('identity', 'not the node that was meant');
      return;
    }
    const first = this.#peers.get(peer.id);
    if (first === undefined) this.#rise(link);
    else this.#settle(first, link);
  }

  /** Tells the waiting contacts who was found; false when none of them meant this peer. */
  #report(dial: Dial, peer: NodeId): boolean {
    let meant = false;
    for (const contact of dial.contacts) {
      if (contact.node === null) this.#found(contact, peer);
      else if (contact.node !== peer) this.#dialFailed(contact, 'identity');
      meant ||= contact.node === null || contact.node === peer;
    }
    return meant;
  }

  #rise(link: Link): void {
    const { id, endpoints } = peerOf(link);
    const [address] = endpoints;
    this.#peers.set(id, link);
    const why = link.dialled ? 'dialled' : 'accepted';
    this.#put({ type: 'peer', peer: id, change: 'up', why, ...(address === undefined ? {} : { address }) });
  }

  /** Two connections to one peer stand: which of them stays, and what becomes of the other. */
  #settle(first: Link, second: Link): void {
    const peer = peerOf(second).id;
    const verdict = this.#rivalry(first, second);
    assert(verdict !== 'refuse', 'a refused connection was admitted');
    if (verdict === 'replace') {
      this.#peers.delete(peer);
      this.#put({ type: 'peer', peer, change: 'down', why: 'replaced' });
      first.close('duplicate', 'replaced');
      this.#rise(second);
      return;
    }
    const [stays, goes] = verdict === 'merge-first' ? [first, second] : [second, first];
    this.#peers.set(peer, stays);
    this.#draining.set(goes, stays);
    if (goes.congested) this.#put({ type: 'peer', peer, change: 'writable', why: 'drained' });
    stays.hold();
    goes.drain('duplicate', 'another connection stays');
  }

  #rivalry(first: Link, second: Link): Rivalry {
    return rivalry(this.#options.identity.id, peerOf(second).id, rival(first), rival(second));
  }

  #message(link: Link, frame: Uint8Array): void {
    const peer = peerOf(link).id;
    const current = this.#peers.get(peer);
    if (current === undefined || (current !== link && this.#draining.get(link) !== current)) return;
    if (!this.#decoded(peer, frame)) link.close('protocol', 'a message cannot be read');
  }

  /** Whether the frame is a message of this or a later version. */
  #decoded(peer: NodeId, frame: Uint8Array): boolean {
    const result = decode(frame);
    if (result.ok) this.#put({ type: 'message', from: peer, message: result.message });
    else if (result.why === 'unknown-tag') this.counters.unknown++;
    else return false;
    return true;
  }

  #flow(link: Link, change: 'congested' | 'writable'): void {
    const peer = peerOf(link).id;
    if (this.#peers.get(peer) !== link) return;
    this.#put({ type: 'peer', peer, change, why: change === 'congested' ? 'full' : 'drained' });
  }

  #ended(link: Link, code: CloseCode, local: boolean): void {
    if (local && code === 'protocol') this.counters.violations++;
    this.#links.delete(link);
    this.#draining.get(link)?.release();
    this.#draining.delete(link);
    const dial = this.#dials.takeFor(link);
    if (dial !== null) this.#unfinished(dial, code);
    const peer = link.peer?.id;
    if (peer === undefined || this.#peers.get(peer) !== link) return;
    this.#peers.delete(peer);
    this.#put({ type: 'peer', peer, change: 'down', why: code });
  }

  /** The address answered but no session came of it. When the peer called us meanwhile, that is as good. */
  #unfinished(dial: Dial, code: CloseCode): void {
    for (const contact of dial.contacts) {
      const metElsewhere = code === 'duplicate' && contact.node !== null && this.#peers.has(contact.node);
      if (!metElsewhere) this.#dialFailed(contact, dialFailure(code));
    }
  }

  #tick(): void {
    for (const link of this.#links) link.tick();
  }
}

function isNameless({ nameless }: DialTarget): boolean {
  return nameless === true;
}

function peerOf(link: Link): SessionPeer {
  const { peer } = link;
  assert(peer !== null, 'the handshake of this connection is not done');
  return peer;
}

function rival(link: Link): Rival {
  return { dialled: link.dialled, incarnation: peerOf(link).incarnation, createdAt: link.createdAt };
}
