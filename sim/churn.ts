import type { Rng } from '../core/machine.js';
import type { NodeId, Time } from '../core/units.js';
import { exponential, log } from './distributions.js';
import { Kits, permutation, type Kit } from './kits.js';
import type { VisitRow } from './scenario/data.js';
import type { Scenario } from './scenario/shape.js';
import { drawRest, drawSession, meanSession } from './sessions.js';

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

/** All visits of a run by arrival: N within the ramp, then a Poisson process that replaces those who leave. */
export function planVisits(scenario: Scenario, rng: Rng): Visit[] {
  const { arrivals } = scenario;
  const visits = arrivals.model === 'trace' ? traced(arrivals.visits, scenario, rng) : drawn(scenario, rng);
  return scenario.cliff === null ? visits : overTheCliff(visits, scenario, rng.fork('cliff'));
}

/** The visits of a trace, by arrival; what a row leaves open is drawn as for any viewer. */
function traced(rows: readonly VisitRow[], scenario: Scenario, rng: Rng): Visit[] {
  const { crashShare, duration } = scenario;
  const endings = rng.fork('sessions');
  const kits = new Kits(scenario, rng.fork('uplinks'));
  const coming = rows.filter(({ at }) => at < duration).sort((a, b) => a.at - b.at);
  return coming.map((row, index): Visit => {
    const leavesAt = row.leaves === null || row.leaves >= duration ? null : row.leaves;
    const how = endings.next() < crashShare ? 'crash' : 'leave';
    return { id: `v${index + 1}`, at: row.at, leavesAt, how: row.how ?? how, ...kits.like(row) };
  });
}

/** Most viewers of a trace that are there at once. */
export function mostAtOnce(rows: readonly VisitRow[]): number {
  const steps = rows.flatMap(({ at, leaves }) => [
    [at, 1] as const,
    ...(leaves === null ? [] : [[leaves, -1] as const]),
  ]);
  steps.sort(([a, up], [b, down]) => (a === b ? up - down : a - b));
  let present = 0;
  let most = 0;
  for (const [, step] of steps) most = Math.max(most, (present += step));
  return most;
}

function drawn(scenario: Scenario, rng: Rng): Visit[] {
  const arrivals = arrivalsOf(scenario, rng.fork('arrivals'));
  const sessions = rng.fork('sessions');
  const kits = new Kits(scenario, rng.fork('uplinks'));
  return arrivals.map(({ at, first }, index): Visit => {
    const length = (first ? drawRest : drawSession)(scenario.sessions, sessions);
    const how = sessions.next() < scenario.crashShare ? 'crash' : 'leave';
    const end = length === null ? scenario.duration : at + Math.max(1, Math.floor(length));
    const leavesAt = end >= scenario.duration ? null : end;
    return { id: `v${index + 1}`, at, leavesAt, how, ...kits.next() };
  });
}

/** Steepness of the crowd: its first and its last hundredth are cut off. */
const CROWD_EDGE = 0.01;

interface Arrival {
  readonly at: Time;
  /** One of the N whom later arrivals replace. */
  readonly first: boolean;
}

function arrivalsOf(scenario: Scenario, rng: Rng): Arrival[] {
  const { viewers, ramp, duration, arrivals } = scenario;
  const early = arrivals.model === 'crowd' ? Math.round(viewers * arrivals.initial) : viewers;
  const found = Array.from({ length: viewers }, (_, index): Arrival => {
    if (arrivals.model !== 'crowd' || index < early) return { at: Math.floor(rng.next() * ramp), first: true };
    return { at: Math.floor(arrivals.at + arrivals.within * logistic(rng.next())), first: true };
  });
  const gap = (meanSession(scenario.sessions) ?? 0) / viewers;
  if (gap > 0) {
    for (let at = exponential(rng, gap); at < duration; at += exponential(rng, gap)) {
      if (rng.next() < presence(scenario, at)) found.push({ at: Math.floor(at), first: false });
    }
  }
  return found.filter(({ at }) => at < duration).sort((a, b) => a.at - b.at);
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
  if (arrivals.model !== 'crowd') return ramped * (1 - left);
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
