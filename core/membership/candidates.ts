import { Columns } from '../columns.js';
import { LIMITS } from '../limits.js';
import type { Contact } from '../machine.js';
import type { Candidate, StreamLoad } from '../message.js';
import type { Place } from './coordinate.js';
import { MS, type NodeId, type Time } from '../units.js';

/** News of candidates is acted upon after this, so that one step of the search takes several answers into account. */
export const GATHER: Time = 20 * MS;

/** Fields of a row: what a `StreamLoad` said, when, and how the node answered us. */
export const CANDIDATE = {
  /** 1 once anything was heard of its room. */
  told: 0,
  free: 1,
  interior: 2,
  depth: 3,
  /** When that was heard. */
  heardAt: 4,
  /** Not to be asked or dialled before this time. */
  notBefore: 5,
  failures: 6,
  /** Its coordinate; NaN while unknown. */
  x: 7,
  y: 8,
  height: 9,
} as const;
const STRIDE = 10;

/**
 * Bounded memory of nodes that may have a stream; the stalest make room for new ones. A search looks at all of them, so
 * what it looks at stands in columns: `rows` lists their rows, the one learned first in front.
 */
export class Candidates {
  readonly #self: NodeId;
  readonly #rowOf = new Map<NodeId, number>();
  readonly #ids: NodeId[] = [];
  /** Empty for one that cannot be dialled. */
  readonly #addresses: string[] = [];
  /** Who named it last, besides itself. */
  readonly #via: (NodeId | null)[] = [];
  readonly #order: number[] = [];
  readonly #columns = new Columns(STRIDE, LIMITS.contacts, 8);

  constructor(self: NodeId) {
    this.#self = self;
  }

  /** `via` is the neighbour that names it; null when it speaks for itself. */
  learn({ contact, load }: Candidate, now: Time, via: NodeId | null): void {
    const { node, address } = contact;
    if (node === null || node === this.#self) return;
    const known = this.#rowOf.get(node);
    const row = known ?? this.#add(node);
    this.#addresses[row] = address;
    if (via !== null && via !== node) this.#via[row] = via;
    if (known === undefined) this.#columns.set(row, CANDIDATE.heardAt, now);
    if (load === null) return;
    // Room where there was none: it was left alone for a reason that is gone.
    if (this.get(row, CANDIDATE.told) === 1 && this.get(row, CANDIDATE.free) === 0 && load.free > 0)
      this.#allow(row, now);
    this.#tell(row, load, now);
  }

  /** The row of a candidate; -1 for any other node. */
  find(id: NodeId): number {
    return this.#rowOf.get(id) ?? -1;
  }

  /** Not to be kept over any change. */
  get rows(): readonly number[] {
    return this.#order;
  }

  get(row: number, field: (typeof CANDIDATE)[keyof typeof CANDIDATE]): number {
    return this.#columns.get(row, field);
  }

  /** Where it is; null while unknown. */
  at(row: number): Place | null {
    const x = this.get(row, CANDIDATE.x);
    if (Number.isNaN(x)) return null;
    return { x, y: this.get(row, CANDIDATE.y), height: this.get(row, CANDIDATE.height) };
  }

  id(row: number): NodeId {
    return this.#ids[row] as NodeId;
  }

  address(row: number): string {
    return this.#addresses[row] as string;
  }

  /** Who can ask it to dial; null when nobody is known. */
  via(row: number): NodeId | null {
    return this.#via[row] as NodeId | null;
  }

  /** The node did not help; it is left alone for `pause`, longer each time in a row, up to `most` times as long. */
  postpone(id: NodeId, now: Time, pause: Time, most = 8): void {
    const row = this.find(id);
    if (row < 0) return;
    const failures = this.get(row, CANDIDATE.failures) + 1;
    this.#columns.set(row, CANDIDATE.failures, failures);
    this.#columns.set(row, CANDIDATE.notBefore, now + pause * Math.min(most, failures));
  }

  /** What was refused so far says nothing about the question that comes now: everybody may be asked at once. */
  relent(now: Time): void {
    for (const row of this.#order) {
      this.#columns.set(row, CANDIDATE.failures, 0);
      this.#allow(row, now);
    }
  }

  /** For each sub-stream, the relays that told of themselves and the slots they have free, in one number. */
  roomBySub(substreams: number): number[] {
    const rooms = Array.from({ length: substreams }, () => 0);
    for (const row of this.#order) {
      if (this.get(row, CANDIDATE.told) === 0) continue;
      const interior = this.get(row, CANDIDATE.interior);
      for (let sub = 0; sub < substreams; sub++) {
        if ((interior & (1 << sub)) !== 0) rooms[sub] = (rooms[sub] as number) + 1 + this.get(row, CANDIDATE.free);
      }
    }
    return rooms;
  }

  helped(id: NodeId): void {
    const row = this.find(id);
    if (row >= 0) this.#columns.set(row, CANDIDATE.failures, 0);
  }

  forget(id: NodeId): void {
    const row = this.find(id);
    if (row >= 0) this.#remove(row);
  }

  get size(): number {
    return this.#order.length;
  }

  /** Those heard of since `since` that have not failed, and that can be dialled. */
  contacts(count: number, since: Time): Contact[] {
    const fresh = this.#order.filter(
      (row) =>
        this.address(row) !== '' &&
        this.get(row, CANDIDATE.heardAt) >= since &&
        this.get(row, CANDIDATE.failures) === 0,
    );
    return fresh
      .slice(Math.max(0, fresh.length - count))
      .map((row) => ({ node: this.id(row), address: this.address(row) }));
  }

  #add(id: NodeId): number {
    if (this.size >= LIMITS.contacts) this.#evict();
    const row = this.#columns.add();
    this.#columns.set(row, CANDIDATE.x, NaN);
    this.#ids[row] = id;
    this.#via[row] = null;
    this.#rowOf.set(id, row);
    this.#order.push(row);
    return row;
  }

  #tell(row: number, { free, interior, depth, at }: StreamLoad, now: Time): void {
    const columns = this.#columns;
    columns.set(row, CANDIDATE.told, 1);
    columns.set(row, CANDIDATE.free, free);
    columns.set(row, CANDIDATE.interior, interior);
    columns.set(row, CANDIDATE.depth, depth);
    columns.set(row, CANDIDATE.heardAt, now);
    if (at === null) return;
    columns.set(row, CANDIDATE.x, at.x);
    columns.set(row, CANDIDATE.y, at.y);
    columns.set(row, CANDIDATE.height, at.height);
  }

  #allow(row: number, now: Time): void {
    this.#columns.set(row, CANDIDATE.notBefore, Math.min(this.get(row, CANDIDATE.notBefore), now));
  }

  #remove(row: number): void {
    this.#rowOf.delete(this.id(row));
    this.#order.splice(this.#order.indexOf(row), 1);
    this.#columns.remove(row);
  }

  /** Removes the one that failed most, the one heard of longest ago among equals. */
  #evict(): void {
    let worst = -1;
    let failures = -1;
    let heardAt = 0;
    for (const row of this.#order) {
      const failed = this.get(row, CANDIDATE.failures);
      if (failed < failures || (failed === failures && this.get(row, CANDIDATE.heardAt) >= heardAt)) continue;
      worst = row;
      failures = failed;
      heardAt = this.get(row, CANDIDATE.heardAt);
    }
    if (worst >= 0) this.#remove(worst);
  }
}
