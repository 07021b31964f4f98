import { LIMITS } from '../core/limits.js';
import type { Contact, DialOutcome, PeerReason } from '../core/machine.js';
import type { NodeId } from '../core/units.js';
import { splitFrames } from './frames.js';
import { distrust } from './untrusted.js';
import { DIAL_TIMEOUT_MS } from './transport.js';

/** Behind the directory's address; one frame a POST, an empty body to ask only who is there. */
export const FRAME_ROUTE = '/astral/v1/frame';
/** Who speaks: the node in a request, the directory in a response. Not proven: what matters is signed by itself. */
export const NODE_HEADER = 'astral-node';
export const FRAME_TYPE = 'application/octet-stream';

/** Frames that wait for one directory; more mean that it is not answering. */
const MAX_WAITING = 32;
const MAX_DIRECTORIES = 8;
const ID = /^[a-zA-Z0-9._-]{1,64}$/;

export interface DirectoryEvents {
  up(contact: Contact, peer: NodeId): void;
  /** The contact leads to a directory that is a peer already. */
  known(contact: Contact, peer: NodeId): void;
  failed(contact: Contact, why: Extract<DialOutcome, { ok: false }>['why']): void;
  /** False when the frame cannot be read, which ends the channel. */
  message(peer: NodeId, frame: Uint8Array): boolean;
  down(peer: NodeId, why: PeerReason): void;
  /** The address does not lead to whom it names. */
  distrusted(address: string, why: string): void;
}

/** A directory that has answered; requests go one after the other, so that order is kept. */
interface Channel {
  readonly peer: NodeId;
  readonly route: string;
  readonly waiting: Uint8Array[];
  busy: boolean;
}

type Answer =
  | { readonly ok: true; readonly peer: NodeId; readonly frames: readonly Uint8Array[] }
  | { readonly ok: false; readonly why: 'refused' | 'timeout' | 'unreachable' | 'protocol' };

/** Directories as peers: every message is one HTTP request, and its answer carries what the directory has to say. */
export class HttpDirectories {
  readonly #self: NodeId;
  readonly #events: DirectoryEvents;
  /** Where requests may go. */
  readonly #named: ReadonlySet<string>;
  readonly #channels = new Map<NodeId, Channel>();
  readonly #dialling = new Set<string>();
  readonly #end = new AbortController();

  /** @param addresses of the directories that the operator trusts */
  constructor(self: NodeId, events: DirectoryEvents, addresses: readonly string[]) {
    this.#self = self;
    this.#events = events;
    this.#named = new Set(addresses.flatMap((address) => frameRoute(address) ?? []));
  }

  /** A directory proves nothing of itself, so that one named by a peer could take anybody's name. */
  takes(address: string): boolean {
    const route = address.length <= LIMITS.stringBytes ? frameRoute(address) : null;
    return route !== null && this.#named.has(route);
  }

  serves(peer: NodeId): boolean {
    return this.#channels.has(peer);
  }

  /** Asks who is there; `up` or `failed` follows. */
  connect(contact: Contact): void {
    const route = frameRoute(contact.address);
    if (route === null || this.#dialling.has(route)) return;
    const standing = [...this.#channels.values()].find((channel) => channel.route === route);
    if (standing !== undefined) {
      if (contact.node === null || contact.node === standing.peer) this.#events.known(contact, standing.peer);
      else this.#events.failed(contact, 'identity');
      return;
    }
    if (this.#dialling.size + this.#channels.size >= MAX_DIRECTORIES) {
      this.#events.failed(contact, 'busy');
      return;
    }
    this.#dialling.add(route);
    void this.#post(route, new Uint8Array(0)).then((answer) => {
      this.#dialling.delete(route);
      if (this.#end.signal.aborted) return;
      if (!answer.ok) this.#events.failed(contact, answer.why === 'protocol' ? 'refused' : answer.why);
      else if (contact.node !== null && contact.node !== answer.peer) this.#events.failed(contact, 'identity');
      else if (this.#channels.has(answer.peer)) this.#events.known(contact, answer.peer);
      else {
        this.#channels.set(answer.peer, { peer: answer.peer, route, waiting: [], busy: false });
        this.#events.up(contact, answer.peer);
      }
    });
  }

  send(peer: NodeId, frame: Uint8Array): void {
    const channel = this.#channels.get(peer);
    if (channel === undefined) return;
    if (channel.waiting.length === MAX_WAITING) {
      this.#lose(channel, 'flow');
      return;
    }
    channel.waiting.push(frame);
    if (!channel.busy) void this.#drain(channel);
  }

  disconnect(peer: NodeId): void {
    this.#channels.delete(peer);
  }

  close(): void {
    this.#end.abort();
    this.#channels.clear();
  }

  #lose(channel: Channel, why: PeerReason): void {
    if (this.#channels.get(channel.peer) !== channel) return;
    this.#channels.delete(channel.peer);
    this.#events.down(channel.peer, why);
  }

  async #drain(channel: Channel): Promise<void> {
    channel.busy = true;
    for (let frame = channel.waiting.shift(); frame !== undefined; frame = channel.waiting.shift()) {
      const answer = await this.#post(channel.route, frame);
      if (this.#channels.get(channel.peer) !== channel) return;
      if (!answer.ok) {
        this.#lose(channel, lossReason(answer.why));
        return;
      }
      if (answer.peer !== channel.peer) {
        this.#lose(channel, 'identity');
        return;
      }
      if (!answer.frames.every((reply) => this.#events.message(channel.peer, reply))) this.#lose(channel, 'protocol');
    }
    channel.busy = false;
  }

  /** One request. Never rejects; redirects are errors, and bodies are bounded in bytes and time. */
  async #post(route: string, body: Uint8Array): Promise<Answer> {
    const deadline = AbortSignal.timeout(DIAL_TIMEOUT_MS);
    try {
      const response = await fetch(route, {
        method: 'POST',
        body,
        redirect: 'error',
        headers: { 'content-type': FRAME_TYPE, [NODE_HEADER]: this.#self },
        signal: AbortSignal.any([deadline, this.#end.signal]),
      });
      const peer = response.headers.get(NODE_HEADER);
      if (!response.ok || peer === null || !ID.test(peer)) {
        await response.body?.cancel();
        return { ok: false, why: 'refused' };
      }
      const bytes = await readBounded(response);
      const frames = bytes === null ? null : splitFrames(bytes);
      return frames === null ? { ok: false, why: 'protocol' } : { ok: true, peer, frames };
    } catch (error) {
      const distrusted = distrust(error);
      if (distrusted !== null) this.#events.distrusted(route, distrusted);
      return { ok: false, why: deadline.aborted ? 'timeout' : 'unreachable' };
    }
  }
}

function lossReason(why: Extract<Answer, { ok: false }>['why']): PeerReason {
  return why === 'timeout' || why === 'protocol' ? why : 'reset';
}

/** null for what is no plain http(s) address. */
function frameRoute(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return null;
  return url.origin + url.pathname.replace(/\/+$/, '') + FRAME_ROUTE;
}

/** null when the body is larger than any answer may be. */
async function readBounded(response: Response): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const part of response.body ?? []) {
    total += part.length;
    if (total > LIMITS.messageBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
