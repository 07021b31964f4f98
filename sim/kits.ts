import type { Rng } from '../core/machine.js';
import type { Behaviour } from './behaviours.js';
import { exp, normalQuantile } from './distributions.js';
import type { AccessLink } from './network-access.js';
import type { ProcessorCosts } from './processor.js';
import type { Capacity, VisitRow } from './scenario/data.js';
import { MOST_HELPERS, type NodeClass, type Scenario, type UplinkModel } from './scenario/shape.js';

/** What a node brings along: whoever replaces it brings the same. */
export interface Kit {
  readonly line: AccessLink;
  /** null: work costs nothing. */
  readonly cpu: ProcessorCosts | null;
  /** Name of a place; null: one is drawn. */
  readonly place: string | null;
  readonly behaviour: Behaviour;
  readonly reachability: NodeClass['reachability'];
}

interface Drawn {
  readonly kit: Kit;
  readonly class: string;
}

/** Viewers are never scaled below this share of the bitrate, even where the publisher alone exceeds the index. */
const LEAST_UPLINK = 0.1;

/** A line of these rates, bits per second, and work that costs nothing. */
export function kitOf(up: number, down: number): Kit {
  return { line: { up, down }, cpu: null, place: null, behaviour: 'honest', reachability: 'open' };
}

/** What the publisher brings along. */
export function publisherKit(scenario: Scenario): Kit {
  const { downlink, cpu, region } = scenario.publisher;
  return { ...kitOf(publisherUplink(scenario), downlink), cpu, place: region };
}

/** Uplink of the publisher, bits per second. */
export function publisherUplink(scenario: Scenario): number {
  return rateAt(scenario.publisher.uplink, scenario, 0.5);
}

/** What each helper brings along; where an index says how many there are, beside those who have `lent` bits per second. */
export function helperKits(scenario: Scenario, lent: number): Kit[] {
  const { helpers, viewers, stream } = scenario;
  if (helpers === null) return [];
  const { count, resourceIndex, downlink, region } = helpers;
  const up = rateAt(helpers.uplink, scenario, 0.5);
  const lacking = (resourceIndex ?? 0) * viewers * stream.bitrate - lent;
  const length = count ?? Math.min(MOST_HELPERS, Math.max(0, Math.ceil(lacking / up)));
  return Array.from({ length }, () => ({ ...kitOf(up, downlink), place: region }));
}

/**
 * Classes and kits in blocks of N arrivals. Each block holds the quantiles of the whole distribution once, in an
 * order of its own, so that the resource index is the scenario's however the seed falls.
 */
export class Kits {
  readonly #scenario: Scenario;
  readonly #rng: Rng;
  readonly #scale: number;
  readonly #table: CapacityTable | null;
  #order: number[] = [];

  constructor(scenario: Scenario, rng: Rng) {
    this.#scenario = scenario;
    this.#rng = rng;
    const { capacities, viewers, resourceIndex, stream } = scenario;
    this.#table = capacities === null ? null : new CapacityTable(capacities);
    if (resourceIndex === null) this.#scale = 1;
    else {
      let sum = 0;
      for (let rank = 0; rank < viewers; rank++) sum += this.#draw(rank).kit.line.up;
      const wanted = resourceIndex * viewers * stream.bitrate - publisherUplink(scenario);
      this.#scale = Math.max(wanted, LEAST_UPLINK * viewers * stream.bitrate) / sum;
    }
  }

  next(): Drawn {
    if (this.#order.length === 0) this.#order = permutation(this.#scenario.viewers, this.#rng);
    const { kit, class: name } = this.#draw(this.#order.pop() ?? 0);
    return { kit: { ...kit, line: { ...kit.line, up: this.#scaled(kit.line.up) } }, class: name };
  }

  /** What the row of a trace says; the rest is drawn, from its class where it names one. */
  like(row: VisitRow): Drawn {
    const any = this.next();
    const named = row.class === null ? undefined : this.#classOf(row.class);
    const within = this.#rng.next();
    const drawn =
      named === undefined ? any : ofClass(named, this.#scaled(rateAt(named.uplink, this.#scenario, within)));
    const line = { up: row.uplink ?? drawn.kit.line.up, down: row.downlink ?? drawn.kit.line.down };
    return { kit: { ...drawn.kit, line, place: row.region ?? drawn.kit.place }, class: drawn.class };
  }

  #scaled(uplink: number): number {
    return Math.max(1, Math.round(uplink * this.#scale));
  }

  #classOf(name: string | null): NodeClass {
    const { classes } = this.#scenario;
    const found = classes.find((each) => each.name === name) ?? classes[0];
    if (found === undefined) throw new RangeError('a scenario needs a class of viewers');
    return found;
  }

  #draw(rank: number): Drawn {
    const position = (rank + 0.5) / this.#scenario.viewers;
    const row = this.#table?.at(position);
    if (row !== undefined) {
      const { kit, class: name } = ofClass(this.#classOf(row.class), row.uplink);
      const line = { up: row.uplink, down: row.downlink ?? kit.line.down };
      return { kit: { ...kit, line, place: row.region ?? kit.place }, class: name };
    }
    let from = 0;
    let found: NodeClass | undefined;
    for (const each of this.#scenario.classes) {
      found = each;
      if (position < from + each.share) break;
      from += each.share;
    }
    if (found === undefined) throw new RangeError('a scenario needs a class of viewers');
    const within = Math.min(1 - 1e-6, Math.max(1e-6, (position - from) / found.share));
    return ofClass(found, rateAt(found.uplink, this.#scenario, within));
  }
}

/** Rows by uplink, so that quantiles taken at even distances stand for the whole table, however few there are. */
class CapacityTable {
  readonly #rows: readonly Capacity[];
  /** Share of the table up to and including each row. */
  readonly #upTo: Float64Array;

  constructor(rows: readonly Capacity[]) {
    const order = rows.map((row, index) => ({ row, index }));
    this.#rows = order.sort((a, b) => a.row.uplink - b.row.uplink || a.index - b.index).map(({ row }) => row);
    const whole = rows.reduce((sum, { share }) => sum + share, 0);
    let sum = 0;
    this.#upTo = Float64Array.from(this.#rows, ({ share }) => (sum += share) / whole);
  }

  /** Row at a quantile. */
  at(position: number): Capacity | undefined {
    let low = 0;
    let high = this.#rows.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#upTo[middle] ?? 1) > position) high = middle;
      else low = middle + 1;
    }
    return this.#rows[low];
  }
}

function ofClass({ name, downlink, cpu, region, behaviour, reachability }: NodeClass, uplink: number): Drawn {
  const kit = { line: { up: uplink, down: downlink }, cpu, place: region, behaviour, reachability };
  return { kit, class: name };
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

/** The numbers from 0 in an order of their own. */
export function permutation(length: number, rng: Rng): number[] {
  const order = Array.from({ length }, (_, index) => index);
  for (let index = length - 1; index > 0; index--) {
    const other = rng.below(index + 1);
    [order[index], order[other]] = [order[other]!, order[index]!];
  }
  return order;
}
