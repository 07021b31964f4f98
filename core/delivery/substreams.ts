import { Columns } from '../columns.js';
import type { Beat } from '../message.js';
import type { Time } from '../units.js';

const FIELDS = [
  'epoch',
  'seq',
  'depth',
  'heardPush',
  'lag',
  'latest',
  'graceUntil',
  'orphanSince',
  'starving',
] as const;

/**
 * Per sub-stream numbers: the beat this node advertises, which is also its feasible distance since beats only improve,
 * and how its chunks arrive.
 */
export class Substreams {
  readonly count: number;
  readonly #columns: Columns<(typeof FIELDS)[number]>;

  constructor(count: number) {
    this.count = count;
    this.#columns = new Columns(FIELDS, count, count);
    for (let sub = 0; sub < count; sub++) {
      this.#columns.add();
      this.reset(sub);
    }
  }

  /** Forgets all that was advertised; only sound when nobody descends from this node any more. */
  reset(sub: number): void {
    const { epoch, seq, heardPush } = this.#columns.fields;
    this.#columns.set(sub, epoch, -1);
    this.#columns.set(sub, seq, -1);
    this.#columns.set(sub, heardPush, -1);
  }

  beat(sub: number): Beat {
    const { epoch, seq, depth } = this.#columns.fields;
    return {
      epoch: this.#columns.get(sub, epoch),
      seq: this.#columns.get(sub, seq),
      depth: this.#columns.get(sub, depth),
    };
  }

  epoch(sub: number): number {
    return this.#columns.get(sub, this.#columns.fields.epoch);
  }

  seq(sub: number): number {
    return this.#columns.get(sub, this.#columns.fields.seq);
  }

  depth(sub: number): number {
    return this.#columns.get(sub, this.#columns.fields.depth);
  }

  /** Raises the beat if the new one is fresher, or as fresh and nearer; a message that was overtaken changes nothing. */
  raise(sub: number, epoch: number, seq: number, depth: number): void {
    const fields = this.#columns.fields;
    const ownEpoch = this.#columns.get(sub, fields.epoch);
    const ownSeq = this.#columns.get(sub, fields.seq);
    if (epoch < ownEpoch) return;
    if (epoch === ownEpoch && (seq < ownSeq || (seq === ownSeq && depth >= this.depth(sub)))) return;
    if (epoch > ownEpoch) this.#columns.set(sub, fields.heardPush, -1);
    this.#columns.set(sub, fields.epoch, epoch);
    this.#columns.set(sub, fields.seq, seq);
    this.#columns.set(sub, fields.depth, depth);
  }

  /** Highest sequence number the active provider pushed; lower ones that are missing will not come from it. */
  heardPush(sub: number): number {
    return this.#columns.get(sub, this.#columns.fields.heardPush);
  }

  setHeardPush(sub: number, seq: number): void {
    this.#columns.set(sub, this.#columns.fields.heardPush, seq);
  }

  /** How long after their source time chunks of this sub-stream arrive, smoothed. */
  lag(sub: number): Time {
    return this.#columns.get(sub, this.#columns.fields.lag);
  }

  /** How long after their source time chunks of this sub-stream arrive at the latest, a slowly falling peak. */
  latest(sub: number): Time {
    return this.#columns.get(sub, this.#columns.fields.latest);
  }

  arrived(sub: number, lag: Time): void {
    const fields = this.#columns.fields;
    const mean = this.lag(sub);
    const latest = this.latest(sub);
    this.#columns.set(sub, fields.lag, mean === 0 ? lag : mean + (lag - mean) / 8);
    this.#columns.set(sub, fields.latest, lag > latest ? lag : latest + 0.02 * (lag - latest));
  }

  /** Until then a new provider is given the time to send what was missed, before anyone else is asked for it. */
  graceUntil(sub: number): Time {
    return this.#columns.get(sub, this.#columns.fields.graceUntil);
  }

  setGraceUntil(sub: number, at: Time): void {
    this.#columns.set(sub, this.#columns.fields.graceUntil, at);
  }

  /** Since when there has been no provider in good standing; 0 while there is one. */
  orphanSince(sub: number): Time {
    return this.#columns.get(sub, this.#columns.fields.orphanSince);
  }

  setOrphanSince(sub: number, at: Time): void {
    this.#columns.set(sub, this.#columns.fields.orphanSince, at);
  }

  /** Whether a provider was lost on some sub-stream and none has taken its place. */
  isOrphan(): boolean {
    for (let sub = 0; sub < this.count; sub++) if (this.orphanSince(sub) > 0) return true;
    return false;
  }

  /** Since when the provider has said that it starves itself; 0 while it does not. */
  providerStarving(sub: number): Time {
    return this.#columns.get(sub, this.#columns.fields.starving);
  }

  setProviderStarving(sub: number, at: Time): void {
    this.#columns.set(sub, this.#columns.fields.starving, at);
  }
}
