import type { Time } from '../core/units.js';
import type { Verdict } from './rules.js';

/** What holding messages back needs of the network. */
export interface HoldPorts<M> {
  judge(link: number, message: M): Verdict;
  transmit(link: number, message: M, extra: Time): void;
  /** A message joins (or leaves) those that fill the sender's socket without being under way. */
  fill(link: number, message: M, sign: 1 | -1): void;
  /** Nothing gets through any more: the give-up timer runs. */
  stall(link: number): void;
  /** Something got through. */
  flow(link: number): void;
  retryLater(link: number): void;
}

/** Messages that rules hold back, by link, in the order they were sent. */
export class HeldMessages<M> {
  readonly #ports: HoldPorts<M>;
  readonly #byLink = new Map<number, M[]>();

  constructor(ports: HoldPorts<M>) {
    this.#ports = ports;
  }

  /** Whether any link holds anything. */
  get any(): boolean {
    return this.#byLink.size > 0;
  }

  has(link: number): boolean {
    return this.#byLink.has(link);
  }

  forget(link: number): void {
    this.#byLink.delete(link);
  }

  /** Sends what the rules let pass; holds the rest, and all that is sent after it. */
  send(link: number, message: M): void {
    const ports = this.#ports;
    const held = this.#byLink.get(link);
    const verdict = held === undefined ? ports.judge(link, message) : 'drop';
    if (verdict !== 'drop') {
      ports.transmit(link, message, verdict === 'pass' ? 0 : verdict.delay);
      return;
    }
    if (held === undefined) {
      this.#byLink.set(link, [message]);
      ports.stall(link);
      ports.retryLater(link);
    } else held.push(message);
    ports.fill(link, message, 1);
  }

  /** Passes on what the verdicts let through by now, up to the first that they do not. */
  retry(link: number): void {
    const ports = this.#ports;
    const held = this.#byLink.get(link) ?? [];
    this.#byLink.delete(link);
    for (let index = 0; index < held.length; index++) {
      const message = held[index] as M;
      const verdict = ports.judge(link, message);
      if (verdict === 'drop') {
        this.#byLink.set(link, held.slice(index));
        ports.retryLater(link);
        return;
      }
      ports.fill(link, message, -1);
      ports.flow(link);
      ports.transmit(link, message, verdict === 'pass' ? 0 : verdict.delay);
    }
  }
}
