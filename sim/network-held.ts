import type { Verdict } from './rules.js';

/** Messages that rules hold back, by link, in the order they were sent. */
export class HeldMessages<M> {
  readonly #byLink = new Map<number, M[]>();

  /** Whether any link holds anything. */
  get any(): boolean {
    return this.#byLink.size > 0;
  }

  has(link: number): boolean {
    return this.#byLink.has(link);
  }

  /** True when it is the first one of its link. */
  add(link: number, message: M): boolean {
    const held = this.#byLink.get(link);
    if (held === undefined) this.#byLink.set(link, [message]);
    else held.push(message);
    return held === undefined;
  }

  forget(link: number): void {
    this.#byLink.delete(link);
  }

  /** Passes on what the verdicts let through, up to the first that they do not; true when nothing is left. */
  release(link: number, judge: (message: M) => Verdict, pass: (message: M, delay: number) => void): boolean {
    const held = this.#byLink.get(link) ?? [];
    this.#byLink.delete(link);
    for (let index = 0; index < held.length; index++) {
      const message = held[index] as M;
      const verdict = judge(message);
      if (verdict === 'drop') {
        this.#byLink.set(link, held.slice(index));
        return false;
      }
      pass(message, verdict === 'pass' ? 0 : verdict.delay);
    }
    return true;
  }
}
