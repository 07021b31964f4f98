import type { Rng } from '../machine.js';
import type { Peer } from '../membership/peers.js';
import type { StreamLoad } from '../message.js';
import type { NodeId, Time } from '../units.js';
import { Supernodes } from './supernodes.js';

/** An ordinary node that is registered with this supernode. */
export interface Child {
  readonly peer: Peer;
  readonly since: Time;
  /** End of its registration unless it is renewed. */
  expires: Time;
  loads: readonly StreamLoad[];
  /** Slots that were named to somebody lately, and until when that counts. */
  reserved: number;
  reservedUntil: Time;
  /** The supernodes it was last told of, so that a list travels only when it is news. */
  told: string;
}

/** What a node is among supernodes: its role, its primary, its children, and the supernodes it knows. */
export class Standing {
  role: 'ordinary' | 'supernode' = 'ordinary';
  #primary: Peer | null = null;
  #primarySince: Time = 0;
  /** When the last acknowledged registration was sent. */
  acknowledged: Time = 0;
  /** Place among the children of the primary, strongest first: who is to follow it. -1 while unknown. */
  place = -1;
  readonly children = new Map<NodeId, Child>();
  readonly known: Supernodes;

  /** Luck of this subject alone. */
  readonly rng: Rng;

  constructor(self: NodeId, rng: Rng) {
    this.rng = rng;
    this.known = new Supernodes(self);
  }

  /** The supernode this node is registered with; null for a supernode and while one is looked for. */
  get primary(): Peer | null {
    return this.#primary;
  }

  /** Since when `primary` is what it is. */
  get primarySince(): Time {
    return this.#primarySince;
  }

  /** Registered with this supernode from now on, or with none. */
  follow(primary: Peer | null, now: Time): void {
    if (primary === this.#primary) return;
    this.#primary = primary;
    this.#primarySince = now;
  }
}
