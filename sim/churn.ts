import type { Rng } from '../core/machine.js';
import type { NodeId, Time } from '../core/units.js';
import { exp, exponential, normalQuantile } from './distributions.js';
import type { NodeClass, Scenario, UplinkModel } from './scenario/shape.js';

/** One viewer from its arrival to its end, drawn before the run so that it is the same for every protocol. */
export interface Visit {
  readonly id: NodeId;
  readonly at: Time;
  /** null for a viewer that stays to the end of the run. */
  readonly leavesAt: Time | null;
  readonly how: 'leave' | 'crash';
  readonly uplink: number;
  readonly downlink: number;
  readonly class: string;
}

/** Viewers are never scaled below this share of the bitrate, even where the publisher alone exceeds the index. */
const LEAST_UPLINK = 0.1;

/** All visits of a run by arrival: N within the ramp, then a Poisson process that replaces those who leave. */
export function planVisits(scenario: Scenario, rng: Rng): Visit[] {
  const arrivals = arrivalTimes(scenario, rng.fork('arrivals'));
  const sessions = rng.fork('sessions');
  const uplinks = new Uplinks(scenario, rng.fork('uplinks'));
  return arrivals.map((at, index) => {
    const length = sessionLength(scenario, sessions);
    const how = sessions.next() < scenario.crashShare ? 'crash' : 'leave';
    const leavesAt = length === null || at + length >= scenario.duration ? null : at + length;
    return { id: `v${index + 1}`, at, leavesAt, how, ...uplinks.next() };
  });
}

/** Uplink of the publisher, bits per second. */
export function publisherUplink(scenario: Scenario): number {
  return rateAt(scenario.publisher.uplink, scenario, 0.5);
}

function arrivalTimes(scenario: Scenario, rng: Rng): Time[] {
  const { viewers, ramp, duration, sessions } = scenario;
  const times = Array.from({ length: viewers }, () => Math.floor(rng.next() * ramp));
  if (sessions.model === 'exponential' && sessions.mean > 0) {
    const gap = sessions.mean / viewers;
    for (let at = exponential(rng, gap); at < duration; at += exponential(rng, gap)) {
      if (rng.next() * ramp < at) times.push(Math.floor(at));
    }
  }
  return times.sort((a, b) => a - b);
}

function sessionLength(scenario: Scenario, rng: Rng): Time | null {
  const { sessions } = scenario;
  return sessions.model === 'stay' ? null : Math.max(1, Math.floor(exponential(rng, sessions.mean)));
}

/** Quantile `p` of an uplink model, bits per second. */
function rateAt(model: UplinkModel, scenario: Scenario, p: number): number {
  switch (model.model) {
    case 'fixed':
      return model.rate;
    case 'factor':
      return model.value * scenario.stream.bitrate;
    case 'lognormal':
      return model.median * exp(model.sigma * normalQuantile(p));
  }
}

/**
 * Classes and uplinks in blocks of N arrivals. Each block holds the quantiles of the whole distribution once, in an
 * order of its own, so that the resource index is the scenario's however the seed falls.
 */
class Uplinks {
  readonly #scenario: Scenario;
  readonly #rng: Rng;
  readonly #scale: number;
  #order: number[] = [];

  constructor(scenario: Scenario, rng: Rng) {
    this.#scenario = scenario;
    this.#rng = rng;
    const { viewers, resourceIndex, stream } = scenario;
    if (resourceIndex === null) this.#scale = 1;
    else {
      let sum = 0;
      for (let rank = 0; rank < viewers; rank++) sum += this.#draw(rank).uplink;
      const wanted = resourceIndex * viewers * stream.bitrate - publisherUplink(scenario);
      this.#scale = Math.max(wanted, LEAST_UPLINK * viewers * stream.bitrate) / sum;
    }
  }

  next(): { uplink: number; downlink: number; class: string } {
    if (this.#order.length === 0) this.#order = permutation(this.#scenario.viewers, this.#rng);
    const drawn = this.#draw(this.#order.pop() ?? 0);
    return { ...drawn, uplink: Math.max(1, Math.round(drawn.uplink * this.#scale)) };
  }

  #draw(rank: number): { uplink: number; downlink: number; class: string } {
    const position = (rank + 0.5) / this.#scenario.viewers;
    let from = 0;
    let found: NodeClass | undefined;
    for (const each of this.#scenario.classes) {
      found = each;
      if (position < from + each.share) break;
      from += each.share;
    }
    if (found === undefined) throw new RangeError('a scenario needs a class of viewers');
    const within = Math.min(1 - 1e-6, Math.max(1e-6, (position - from) / found.share));
    return { uplink: rateAt(found.uplink, this.#scenario, within), downlink: found.downlink, class: found.name };
  }
}

function permutation(length: number, rng: Rng): number[] {
  const order = Array.from({ length }, (_, index) => index);
  for (let index = length - 1; index > 0; index--) {
    const other = rng.below(index + 1);
    [order[index], order[other]] = [order[other]!, order[index]!];
  }
  return order;
}
