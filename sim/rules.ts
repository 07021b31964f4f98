import type { NodeId, Time } from '../core/units.js';

/**
 * What a rule makes of a message or a dial. Connections are reliable, so `drop` holds what is sent until a later try
 * passes; it then arrives in order, and a connection held for too long times out. `delay` is added to the base delay.
 */
export type Verdict = 'pass' | 'drop' | { readonly delay: Time };

/** `message` is null for a dial. null is no opinion: the next rule decides; without any opinion the message passes. */
export type Rule = (from: NodeId, to: NodeId, message: unknown, now: Time) => Verdict | null;

/**
 * The rules in force, in order: the first `pass` or `drop` decides, delays up to there add up. Each is named, so that a
 * fault can lift what it imposed.
 */
export class Rules {
  readonly #rules = new Map<string, Rule>();

  get active(): boolean {
    return this.#rules.size > 0;
  }

  add(name: string, rule: Rule): void {
    this.#rules.set(name, rule);
  }

  remove(name: string): void {
    this.#rules.delete(name);
  }

  judge(from: NodeId, to: NodeId, message: unknown, now: Time): Verdict {
    let delay = 0;
    for (const rule of this.#rules.values()) {
      const verdict = rule(from, to, message, now);
      if (verdict === 'drop') return verdict;
      if (verdict === 'pass') break;
      if (verdict !== null) delay += verdict.delay;
    }
    return delay === 0 ? 'pass' : { delay };
  }
}

/** Nothing passes between nodes on different sides; `sideOf` null stays out of it. */
export function partition(sideOf: (node: NodeId) => number | string | null): Rule {
  return (from, to) => {
    const here = sideOf(from);
    const there = sideOf(to);
    return here !== null && there !== null && here !== there ? 'drop' : null;
  };
}

/** Nothing that these nodes send arrives anywhere else. */
export function mute(sends: (node: NodeId) => boolean): Rule {
  return (from, to) => (sends(from) && !sends(to) ? 'drop' : null);
}

/** Adds a delay to everything that the predicate picks. */
export function slow(picks: (from: NodeId, to: NodeId) => boolean, delay: Time): Rule {
  return (from, to) => (picks(from, to) ? { delay } : null);
}
