import type { RoleEvent } from '../../core/trace.js';
import type { Time } from '../../core/units.js';
import type { Session } from './session.js';

/** How many supernodes there are at a time. One that leaves hands its children over at once, and is none any more. */
export class Supernodes {
  max = 0;
  /** Time summed over supernodes. */
  time: Time = 0;
  /** All that ever were one. */
  readonly ever = new Set<Session>();
  readonly #present = new Set<Session>();
  #since: Time = 0;

  role(at: Time, session: Session, { role }: RoleEvent): void {
    if (role === 'ordinary') return this.ended(at, session);
    this.#advance(at);
    this.ever.add(session);
    this.#present.add(session);
    this.max = Math.max(this.max, this.#present.size);
  }

  ended(at: Time, session: Session): void {
    this.#advance(at);
    this.#present.delete(session);
  }

  finish(at: Time): void {
    this.#advance(at);
  }

  #advance(at: Time): void {
    this.time += this.#present.size * (at - this.#since);
    this.#since = at;
  }
}
