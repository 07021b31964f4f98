import type { Contact, Effects } from '../../../core/machine.js';
import { MS, SECOND, type NodeId, type StreamId, type Time } from '../../../core/units.js';
import type { Accepted, Message } from './messages.js';

const RETRY: Time = SECOND;
/** Between two subscriptions to the same relay; soon again while it cannot tell the source's time. */
const RENEW: Time = SECOND;
const RENEW_SOON: Time = 250 * MS;
/** A relay of which nothing was heard for this long is given up. */
const SILENT: Time = 3 * SECOND;

/**
 * The way to the next relay towards the publisher: one of a few fixed ones for origin and edges; for a viewer, the nearest of those
 * that the router names, which is the one whose connection stands first.
 */
export class Upstream {
  /** The relay that serves this node; null while there is none. */
  node: NodeId | null = null;
  /** Nothing was received from it yet. */
  joining = true;
  readonly #fixed: readonly Contact[];
  #attempts = 0;
  readonly #router: Contact | null;
  readonly #dialled = new Set<NodeId>();
  #heardAt: Time = 0;

  constructor(fixed: readonly Contact[], router: Contact | null) {
    this.#fixed = fixed;
    this.#router = router;
  }

  /** Does what comes next and returns when to look again. `connected` says who is. */
  step(now: Time, stream: StreamId, epoch: number, connected: ReadonlySet<NodeId>, effects: Effects<Message>): Time {
    if (this.node !== null && now - this.#heardAt >= SILENT) this.lose(effects);
    if (this.node !== null) {
      effects.send(this.node, { type: 'subscribe', stream, stamp: now, epoch, joining: this.joining });
      return now + RENEW;
    }
    const fixed = this.#fixed[this.#attempts++ % Math.max(1, this.#fixed.length)];
    if (fixed !== undefined) this.dial([fixed], effects);
    else if (this.#router?.node != null && connected.has(this.#router.node))
      effects.send(this.#router.node, { type: 'route', stream });
    else if (this.#router !== null) effects.connect(this.#router);
    return now + RETRY;
  }

  /** Tries these relays at once. */
  dial(relays: readonly Contact[], effects: Effects<Message>): void {
    if (this.node !== null) return;
    for (const relay of relays) {
      if (relay.node === null) continue;
      this.#dialled.add(relay.node);
      effects.connect(relay);
    }
  }

  /** A connection stands; true when something is to be done at once. */
  up(now: Time, peer: NodeId, effects: Effects<Message>): boolean {
    if (peer === this.#router?.node) return this.node === null;
    if (!this.#dialled.delete(peer)) return false;
    if (this.node !== null) {
      effects.disconnect(peer, 'idle', '');
      return false;
    }
    this.node = peer;
    this.joining = true;
    this.#heardAt = now;
    effects.trace?.({ type: 'peer', peer, change: 'up', why: 'dialled' });
    return true;
  }

  heard(now: Time, from: NodeId): void {
    if (from === this.node) this.#heardAt = now;
  }

  /** When to subscribe again after an answer. */
  accepted(now: Time, message: Accepted): Time {
    if (message.source === null) return now + RENEW_SOON;
    this.joining = false;
    return now + RENEW;
  }

  /** The connection is gone. */
  down(peer: NodeId, effects: Effects<Message>): boolean {
    this.#dialled.delete(peer);
    if (peer !== this.node) return false;
    this.node = null;
    effects.trace?.({ type: 'peer', peer, change: 'down', why: 'closed' });
    return true;
  }

  /** This node would rather have another relay. */
  lose(effects: Effects<Message>): void {
    const { node } = this;
    if (node === null) return;
    effects.disconnect(node, 'idle', '');
    this.down(node, effects);
  }
}
