import type { Rng } from '../core/machine.js';
import type { NodeId, Time } from '../core/units.js';
import { exp, exponential, log, normalQuantile } from './distributions.js';
import type { AccessLink } from './network-access.js';
import type { ProcessorCosts } from './processor.js';
import type { NodeClass, Scenario, UplinkModel } from './scenario/shape.js';

/** What a node brings along: whoever replaces it brings the same. */
export interface Kit {
  readonly line: AccessLink;
  /** null: work costs nothing. */
  readonly cpu: ProcessorCosts | null;
}

/** A line of these rates, bits per second, and work that costs nothing. */
export function kitOf(up: number, down: number): Kit {
  return { line: { up, down }, cpu: null };
}

/** One viewer from its arrival to its end, drawn before the run so that it is the same for every protocol. */
export interface Visit {
  readonly id: NodeId;
  readonly at: Time;
  /** null for a viewer that stays to the end of the run. */
  readonly leavesAt: Time | null;
  readonly how: 'leave' | 'crash';
  readonly kit: Kit;
  readonly class: string;
}

/** Viewers are never scaled below this share of the bitrate, even where the publisher alone exceeds the index. */
const LEAST_UPLINK = 0.1;

/** All visits of a run by arrival: N within the ramp, then a Poisson process that replaces those who leave. */
export function planVisits(scenario: Scenario, rng: Rng): Visit[] {
  const arrivals = arrivalTimes(scenario, rng.fork('arrivals'));
  const sessions = rng.fork('sessions');
  const kits = new Kits(scenario, rng.fork('uplinks'));
  const visits = arrivals.map((at, index): Visit => {
    const length = sessionLength(scenario, sessions);
    const how = sessions.next() < scenario.crashShare ? 'crash' : 'leave';
    const leavesAt = length === null || at + length >= scenario.duration ? null : at + length;
    return { id: `v${index + 1}`, at, leavesAt, how, ...kits.next() };
  });
  return scenario.cliff === null ? visits : overTheCliff(visits, scenario, rng.fork('cliff'));
}

/** What the publisher brings along. */
export function publisherKit(scenario: Scenario): Kit {
  const { downlink, cpu } = scenario.publisher;
  return { line: { up: publisherUplink(scenario), down: downlink }, cpu };
}

/** Uplink of the publisher, bits per second. */
export function publisherUplink(scenario: Scenario): number {
  return rateAt(scenario.publisher.uplink, scenario, 0.5);
}

/** Steepness of the crowd: its first and its last hundredth are cut off. */
const CROWD_EDGE = 0.01;

function arrivalTimes(scenario: Scenario, rng: Rng): Time[] {
  const { viewers, ramp, duration, sessions, arrivals } = scenario;
  const early = arrivals.model === 'crowd' ? Math.round(viewers * arrivals.initial) : viewers;
  const times = Array.from({ length: viewers }, (_, index) => {
    if (arrivals.model === 'ramp' || index < early) return Math.floor(rng.next() * ramp);
    return Math.floor(arrivals.at + arrivals.within * logistic(rng.next()));
  });
  if (sessions.model === 'exponential' && sessions.mean > 0) {
    const gap = sessions.mean / viewers;
    for (let at = exponential(rng, gap); at < duration; at += exponential(rng, gap)) {
      if (rng.next() < presence(scenario, at)) times.push(Math.floor(at));
    }
  }
  return times.filter((at) => at < duration).sort((a, b) => a - b);
}

/** Quantile of a logistic curve whose ends are cut off, from 0 to 1. */
function logistic(p: number): number {
  const share = CROWD_EDGE + (1 - 2 * CROWD_EDGE) * p;
  return 0.5 + log(share / (1 - share)) / (2 * log((1 - CROWD_EDGE) / CROWD_EDGE));
}

/** Share of the viewers that arrivals are to keep at a time. */
function presence({ arrivals, cliff, ramp }: Scenario, at: Time): number {
  const ramped = at < ramp ? at / ramp : 1;
  const left = cliff === null ? 0 : cliff.share * Math.min(1, Math.max(0, (at - cliff.at) / cliff.within));
  if (arrivals.model === 'ramp') return ramped * (1 - left);
  const crowd = Math.min(1, Math.max(0, (at - arrivals.at) / arrivals.within));
  return (arrivals.initial * ramped + (1 - arrivals.initial) * crowd) * (1 - left);
}

/** A share of those who are there when the cliff begins leave in its course, if they do not leave before. */
function overTheCliff(visits: readonly Visit[], scenario: Scenario, rng: Rng): Visit[] {
  const { cliff, crashShare, duration } = scenario;
  if (cliff === null) return [...visits];
  const present = visits.filter(({ at, leavesAt }) => at < cliff.at && (leavesAt ?? duration) > cliff.at);
  const order = permutation(present.length, rng);
  const leavers = new Set(order.slice(0, Math.round(present.length * cliff.share)).map((index) => present[index]!.id));
  return visits.map((visit) => {
    if (!leavers.has(visit.id)) return visit;
    const leavesAt = Math.floor(cliff.at + rng.next() * cliff.within);
    const how = rng.next() < crashShare ? 'crash' : 'leave';
    const sooner = leavesAt < duration && leavesAt < (visit.leavesAt ?? duration);
    return sooner ? { ...visit, leavesAt, how } : visit;
  });
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
 * Classes and kits in blocks of N arrivals. Each block holds the quantiles of the whole distribution once, in an
 * order of its own, so that the resource index is the scenario's however the seed falls.
 */
class Kits {
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
      for (let rank = 0; rank < viewers; rank++) sum += this.#draw(rank).kit.line.up;
      const wanted = resourceIndex * viewers * stream.bitrate - publisherUplink(scenario);
      this.#scale = Math.max(wanted, LEAST_UPLINK * viewers * stream.bitrate) / sum;
    }
  }

  next(): { kit: Kit; class: string } {
    if (this.#order.length === 0) this.#order = permutation(this.#scenario.viewers, this.#rng);
    const { kit, class: name } = this.#draw(this.#order.pop() ?? 0);
    const up = Math.max(1, Math.round(kit.line.up * this.#scale));
    return { kit: { ...kit, line: { ...kit.line, up } }, class: name };
  }

  #draw(rank: number): { kit: Kit; class: string } {
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
    const line = { up: rateAt(found.uplink, this.#scenario, within), down: found.downlink };
    return { kit: { line, cpu: found.cpu }, class: found.name };
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
