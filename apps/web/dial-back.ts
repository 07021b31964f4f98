import type { Crypto, Input } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import { countedAs, plainIp } from '../../transports/counted-as.js';
import { generateKeyPair } from '../../transports/crypto.js';
import { WebSocketTransport } from '../../transports/websocket.js';
import { WireNetwork } from '../../transports/wire-network.js';
import { dialable } from './endpoints.js';

/** A node that was reached is not dialled again for so long; one that was not, neither. */
const GOOD_MS = 10 * 60_000;
const BAD_MS = 60_000;
/** Dials on behalf of one address to another than itself: one in this time. */
const FOREIGN_MS = 60_000;
const MAX_REMEMBERED = 50_000;
const MAX_WAITING = 256;
/** Dials at one time on behalf of one address, a quarter of what the network dials at all. */
const MAX_AT_ONCE = 16;
const DIAL_MS = 10_000;

/** Finds out whether a node really lives where it says. It is dialled once and must prove its identity. */
export class DialBack {
  readonly #network: WireNetwork;
  readonly #id: string;
  /** By node and endpoint. */
  readonly #known = new Map<string, { readonly reached: boolean; readonly until: number }>();
  /** When a dial to a third party was last made for an address. */
  readonly #foreign = new Map<string, number>();
  readonly #waiting = new Map<string, (reached: boolean | null) => void>();
  /** Dials under way by the address that they are made for. */
  readonly #running = new Map<string, number>();
  readonly #dialling = new Set<string>();

  constructor(crypto: Crypto) {
    const key = generateKeyPair();
    this.#id = crypto.idOf(key.publicKey);
    const identity = { id: this.#id, key };
    const transports = [new WebSocketTransport()];
    this.#network = new WireNetwork({ identity, crypto, incarnation: 1, transports, endpoints: [] });
    this.#network.attach(this.#id, (input) => this.#take(input));
  }

  /** Whether the node was there when it was dialled last; null before. */
  verdict(node: string, endpoint: string): boolean | null {
    return this.#known.get(`${node} ${endpoint}`)?.reached ?? null;
  }

  hasMet(node: string, endpoint: string): boolean {
    return this.verdict(node, endpoint) === true;
  }

  /** Whether the next `look` would dial. */
  isDue(node: string, endpoint: string): boolean {
    const key = `${node} ${endpoint}`;
    return !this.#dialling.has(key) && (this.#known.get(key)?.until ?? 0) < performance.now();
  }

  /** Takes what an earlier run found out for granted, for a while. */
  trust(node: string, endpoint: string): void {
    this.#remember(node, endpoint, true);
  }

  /**
   * Dials the endpoint unless that was done lately, if the one who asks for it may have it dialled and has not too many
   * dialled already. Never rejects.
   */
  async look(node: string, endpoint: string, asker: string): Promise<void> {
    const by = countedAs(asker);
    const running = this.#running.get(by) ?? 0;
    if (!this.isDue(node, endpoint) || running >= MAX_AT_ONCE) return;
    const key = `${node} ${endpoint}`;
    this.#dialling.add(key);
    this.#running.set(by, running + 1);
    const reached = await this.#dial(node, endpoint, plainIp(asker));
    if (reached !== null) this.#remember(node, endpoint, reached);
    this.#dialling.delete(key);
    const left = (this.#running.get(by) ?? 1) - 1;
    if (left === 0) this.#running.delete(by);
    else this.#running.set(by, left);
  }

  /** Whether the node was there; null when it was not tried, which tells nothing of it. */
  async #dial(node: string, endpoint: string, asker: string): Promise<boolean | null> {
    const target = await dialable(endpoint, asker);
    if (target === null) return false;
    if (target.ip !== asker && !this.#mayBother(countedAs(asker))) return null;
    if (this.#waiting.size >= MAX_WAITING || this.#waiting.has(node)) return null;
    const reached = await new Promise<boolean | null>((resolve) => {
      const timer = setTimeout(() => this.#settle(node, false), DIAL_MS);
      this.#waiting.set(node, (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      });
      this.#network.connect(this.#id, { node, address: target.url });
    });
    this.#network.disconnect(this.#id, node, 'idle', '');
    return reached;
  }

  close(): void {
    for (const node of this.#waiting.keys()) this.#settle(node, false);
    this.#network.detach(this.#id);
  }

  #take(input: Input<Message, Command>): void {
    if (input.type === 'peer' && input.change === 'up') this.#settle(input.peer, true);
    else if (input.type === 'peer' && input.change === 'down') this.#settle(input.peer, false);
    else if (input.type === 'dial' && !input.outcome.ok && input.contact.node !== null)
      this.#settle(input.contact.node, input.outcome.why === 'busy' ? null : false);
  }

  #settle(node: string, reached: boolean | null): void {
    const waiting = this.#waiting.get(node);
    this.#waiting.delete(node);
    waiting?.(reached);
  }

  #remember(node: string, endpoint: string, reached: boolean): void {
    bounded(this.#known, MAX_REMEMBERED);
    this.#known.set(`${node} ${endpoint}`, { reached, until: performance.now() + (reached ? GOOD_MS : BAD_MS) });
  }

  /** A stranger must not make this process knock at many doors that are not his. */
  #mayBother(asker: string): boolean {
    const last = this.#foreign.get(asker);
    if (last !== undefined && performance.now() - last < FOREIGN_MS) return false;
    bounded(this.#foreign, MAX_REMEMBERED);
    this.#foreign.set(asker, performance.now());
    return true;
  }
}

/** Makes room for one more by dropping the oldest. */
function bounded<K, V>(map: Map<K, V>, bound: number): void {
  for (const oldest of map.keys()) {
    if (map.size < bound) return;
    map.delete(oldest);
  }
}
