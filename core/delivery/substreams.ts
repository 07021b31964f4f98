import { Columns } from '../columns.js';
import type { Beat } from '../message.js';
import type { Time } from '../units.js';

/** Fields of a row. */
const AT = {
  epoch: 0,
  seq: 1,
  depth: 2,
  heardPush: 3,
  lag: 4,
  latest: 5,
  graceUntil: 6,
  orphanSince: 7,
  starving: 8,
  timely: 9,
} as const;
const STRIDE = 10;
/** Weight of the newest chunk in the share of timely ones. */
const NEWEST = 1 / 6;
/** The share that a provider is credited with before it has shown anything. */
const CREDIT = 0.6;

/**
 * Per sub-stream numbers: the beat this node advertises, which is also its feasible distance since beats only improve,
 * and how its chunks arrive.
 */
export class Substreams {
  readonly count: number;
  readonly #columns: Columns;

  constructor(count: number) {
    this.count = count;
    this.#columns = new Columns(STRIDE, count, count);
    for (let sub = 0; sub < count; sub++) {
      this.#columns.add();
      this.reset(sub);
    }
  }

  /** Forgets all that was advertised; only sound when nobody descends from this node any more. */
  reset(sub: number): void {
    this.#columns.set(sub, AT.epoch, -1);
    this.#columns.set(sub, AT.seq, -1);
    this.#columns.set(sub, AT.heardPush, -1);
  }

  beat(sub: number): Beat {
    return {
      epoch: this.#columns.get(sub, AT.epoch),
      seq: this.#columns.get(sub, AT.seq),
      depth: this.#columns.get(sub, AT.depth),
    };
  }

  epoch(sub: number): number {
    return this.#columns.get(sub, AT.epoch);
  }

  seq(sub: number): number {
    return this.#columns.get(sub, AT.seq);
  }

  depth(sub: number): number {
    return this.#columns.get(sub, AT.depth);
  }

  /** Raises the beat if the new one is fresher, or as fresh and nearer; a message that was overtaken changes nothing. */
  raise(sub: number, epoch: number, seq: number, depth: number): void {
    const ownEpoch = this.#columns.get(sub, AT.epoch);
    const ownSeq = this.#columns.get(sub, AT.seq);
    if (epoch < ownEpoch) return;
    if (epoch === ownEpoch && (seq < ownSeq || (seq === ownSeq && depth >= this.depth(sub)))) return;
    if (epoch > ownEpoch) this.#columns.set(sub, AT.heardPush, -1);
    this.#columns.set(sub, AT.epoch, epoch);
    this.#columns.set(sub, AT.seq, seq);
    this.#columns.set(sub, AT.depth, depth);
  }

  /** Highest sequence number the active provider pushed; lower ones that are missing will not come from it. */
  heardPush(sub: number): number {
    return this.#columns.get(sub, AT.heardPush);
  }

  setHeardPush(sub: number, seq: number): void {
    this.#columns.set(sub, AT.heardPush, seq);
  }

  /** How long after their source time chunks of this sub-stream arrive, smoothed. */
  lag(sub: number): Time {
    return this.#columns.get(sub, AT.lag);
  }

  /** How long after their source time chunks of this sub-stream arrive at the latest, a slowly falling peak. */
  latest(sub: number): Time {
    return this.#columns.get(sub, AT.latest);
  }

  arrived(sub: number, lag: Time): void {
    const mean = this.lag(sub);
    const latest = this.latest(sub);
    this.#columns.set(sub, AT.lag, mean === 0 ? lag : mean + (lag - mean) / 8);
    this.#columns.set(sub, AT.latest, lag > latest ? lag : latest + 0.02 * (lag - latest));
  }

  /** A new provider is believed in. */
  trust(sub: number): void {
    this.#columns.set(sub, AT.timely, CREDIT);
  }

  /** Smoothed share of the chunks that the provider pushed in time, with one more of them. */
  judge(sub: number, timely: boolean): number {
    const before = this.#columns.get(sub, AT.timely);
    const share = before + ((timely ? 1 : 0) - before) * NEWEST;
    this.#columns.set(sub, AT.timely, share);
    return share;
  }

  /** Until then a new provider is given the time to send what was missed, before anyone else is asked for it. */
  graceUntil(sub: number): Time {
    return this.#columns.get(sub, AT.graceUntil);
  }

  setGraceUntil(sub: number, at: Time): void {
    this.#columns.set(sub, AT.graceUntil, at);
  }

  /** Since when there has been no provider in good standing; 0 while there is one. */
  orphanSince(sub: number): Time {
    return this.#columns.get(sub, AT.orphanSince);
  }

  setOrphanSince(sub: number, at: Time): void {
    this.#columns.set(sub, AT.orphanSince, at);
  }

  /** Whether a provider was lost on some sub-stream and none has taken its place. */
  isOrphan(): boolean {
    for (let sub = 0; sub < this.count; sub++) if (this.orphanSince(sub) > 0) return true;
    return false;
  }

  /** Since when the provider has said that it starves itself; 0 while it does not. */
  providerStarving(sub: number): Time {
    return this.#columns.get(sub, AT.starving);
  }

  setProviderStarving(sub: number, at: Time): void {
    this.#columns.set(sub, AT.starving, at);
  }
}
