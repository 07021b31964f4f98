import { LIMITS } from '../../../core/limits.js';
import type { Contact, Rng } from '../../../core/machine.js';
import { SECOND, type NodeId, type Time } from '../../../core/units.js';
import { someOf } from './some-of.js';

/** Who was not heard of for this long is forgotten. */
const FORGOTTEN: Time = 60 * SECOND;
/** Who is said to have gone, or cannot be reached, is left alone for this long. It may be the network that failed. */
const REST: Time = 10 * SECOND;

interface Known {
  readonly address: string;
  readonly version: number;
  readonly heardAt: Time;
  readonly restsUntil: Time;
}

/** The partial view of a node: the members that it heard of last, at most `LIMITS.contacts`. */
export class Members {
  readonly #self: NodeId;
  readonly #known = new Map<NodeId, Known>();

  constructor(self: NodeId) {
    this.#self = self;
  }

  /** False when it is no news. */
  learn(now: Time, node: NodeId, news: { address: string; version: number; gone: boolean }): boolean {
    const known = this.#known.get(node);
    if (node === this.#self || (known !== undefined && known.version >= news.version)) return false;
    const { address, version, gone } = news;
    this.#known.delete(node);
    this.#known.set(node, { address, version, heardAt: now, restsUntil: gone ? now + REST : 0 });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= LIMITS.contacts) break;
      this.#known.delete(oldest);
    }
    return true;
  }

  /** A contact without a version: worth a try, but any gossip about the node is better. */
  hear(now: Time, { node, address }: Contact): void {
    if (node !== null) this.learn(now, node, { address, version: 0, gone: false });
  }

  /** The version of what was last heard of a node, 0 when nothing was. */
  versionOf(node: NodeId): number {
    return this.#known.get(node)?.version ?? 0;
  }

  /** It could not be reached. */
  missed(now: Time, node: NodeId): void {
    const known = this.#known.get(node);
    if (known !== undefined) this.#known.set(node, { ...known, restsUntil: now + REST });
  }

  /** Up to `count` members at random, none of them in `except`. */
  sample(now: Time, rng: Rng, count: number, except: (node: NodeId) => boolean): Contact[] {
    const found: Contact[] = [];
    for (const [node, { address, heardAt, restsUntil }] of this.#known) {
      if (heardAt + FORGOTTEN <= now) this.#known.delete(node);
      else if (restsUntil <= now && !except(node)) found.push({ node, address });
    }
    return someOf(found, count, rng);
  }
}
