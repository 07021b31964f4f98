import type { Input } from '../core/machine.js';
import type { NodeId, Time } from '../core/units.js';
import type { World } from './world.js';

/** One input that a machine of a run handled, as files and people have it: the very facts that the digest folds. */
export interface InputRecord {
  /** Microseconds of virtual time. */
  readonly at: Time;
  readonly node: NodeId;
  readonly input: 'message' | 'peer' | 'dial' | 'wake' | 'command';
  /** Type of the message or command, change and reason of a peer, outcome of a dial; empty for a wake. */
  readonly what: string;
  /** Who sent the message, or which peer it is about; null where nobody is. */
  readonly peer: NodeId | null;
  /** Bytes of the frame; 0 for anything but a message. */
  readonly bytes: number;
}

type AnyInput = Input<{ readonly type: string }, { readonly type: string }>;

/** The facts about an input of `node`. */
export function recordOf(at: Time, node: NodeId, input: AnyInput, bytes: number): InputRecord {
  const { type } = input;
  switch (type) {
    case 'message':
      return { at, node, input: type, what: input.message.type, peer: input.from, bytes };
    case 'peer':
      return { at, node, input: type, what: `${input.change} ${input.why}`, peer: input.peer, bytes: 0 };
    case 'dial': {
      const what = input.outcome.ok ? 'ok' : input.outcome.why;
      return { at, node, input: type, what, peer: input.contact.node ?? input.contact.address, bytes: 0 };
    }
    case 'command':
      return { at, node, input: type, what: input.command.type, peer: null, bytes: 0 };
    case 'wake':
      return { at, node, input: type, what: '', peer: null, bytes: 0 };
  }
}

/** Tells of each input of a world while it is `wanted`. */
export function tellInputs<M extends { readonly type: string }, C extends { readonly type: string }, V>(
  world: World<M, C, V>,
  wanted: () => boolean,
  tell: (record: InputRecord) => void,
): void {
  world.onInput = (at, node, input, bytes) => {
    if (wanted()) tell(recordOf(at, node, input, bytes));
  };
}

/** Whether two runs tell the same of an input. */
export function sameInput(a: InputRecord, b: InputRecord): boolean {
  return (
    a.at === b.at &&
    a.node === b.node &&
    a.input === b.input &&
    a.what === b.what &&
    a.peer === b.peer &&
    a.bytes === b.bytes
  );
}

/** Rows that are allocated at once. */
const PIECE = 65_536;

/**
 * The inputs of a run in memory, 24 bytes each, so that another run can be held against it event by event. It keeps the
 * first `most`; beyond that the digests say in which block two runs part.
 */
export class InputLog {
  /** Whether inputs came that are not kept. */
  cut = false;
  readonly #most: number;
  readonly #times: Float64Array[] = [];
  /** Node, input with what it carries, peer and bytes of each row. */
  readonly #rows: Int32Array[] = [];
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();
  #length = 0;

  /** @param most inputs kept; 20 million, 480 MB, unless given */
  constructor(most = 20_000_000) {
    this.#most = most;
  }

  /** Inputs kept. */
  get length(): number {
    return this.#length;
  }

  add(record: InputRecord): void {
    if (this.#length >= this.#most) {
      this.cut = true;
      return;
    }
    const row = this.#length++ % PIECE;
    if (row === 0) {
      this.#times.push(new Float64Array(PIECE));
      this.#rows.push(new Int32Array(PIECE * 4));
    }
    const { at, node, input, what, peer, bytes } = record;
    this.#times.at(-1)![row] = at;
    const cells = this.#rows.at(-1)!;
    cells[row * 4] = this.#number(node);
    cells[row * 4 + 1] = this.#number(`${input} ${what}`);
    cells[row * 4 + 2] = peer === null ? -1 : this.#number(peer);
    cells[row * 4 + 3] = bytes;
  }

  /** The input at this place; null beyond those kept. */
  get(index: number): InputRecord | null {
    if (index < 0 || index >= this.#length) return null;
    const row = index % PIECE;
    const cells = this.#rows[Math.floor(index / PIECE)]!;
    const [input, ...what] = this.#names[cells[row * 4 + 1]!]!.split(' ');
    const peer = cells[row * 4 + 2]!;
    return {
      at: this.#times[Math.floor(index / PIECE)]![row]!,
      node: this.#names[cells[row * 4]!]!,
      input: input as InputRecord['input'],
      what: what.join(' '),
      peer: peer < 0 ? null : this.#names[peer]!,
      bytes: cells[row * 4 + 3]!,
    };
  }

  #number(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      this.#numbers.set(name, (number = this.#names.length));
      this.#names.push(name);
    }
    return number;
  }
}

/** The first event in which two runs differ; a run that ended sooner has null. */
export interface Difference {
  /** Events before it, which both runs had alike. */
  readonly index: number;
  readonly first: InputRecord | null;
  readonly second: InputRecord | null;
  /** The last events that both had, oldest first. */
  readonly before: readonly InputRecord[];
}

/** Events shown before a difference. */
const BEFORE = 3;

/** Holds a second run against the log of a first one while it runs. */
export class InputComparison {
  readonly #first: InputLog;
  #index = 0;
  #difference: Difference | null = null;

  constructor(first: InputLog) {
    this.#first = first;
  }

  add(record: InputRecord): void {
    const index = this.#index++;
    if (this.#difference !== null) return;
    const other = this.#first.get(index);
    if (other === null && this.#first.cut) return;
    if (other === null || !sameInput(other, record)) this.#difference = this.#at(index, other, record);
  }

  /** The first difference; null when there was none among the events that the log keeps. */
  finish(): Difference | null {
    const next = this.#first.get(this.#index);
    return this.#difference ?? (next === null ? null : this.#at(this.#index, next, null));
  }

  #at(index: number, first: InputRecord | null, second: InputRecord | null): Difference {
    const before = Array.from({ length: BEFORE }, (_, back) => this.#first.get(index - BEFORE + back));
    return { index, first, second, before: before.filter((record) => record !== null) };
  }
}

/** Holds two pieces of runs against each other that begin with the same event; null when they are equal. */
export function firstDifferent(
  first: readonly InputRecord[],
  second: readonly InputRecord[],
  offset: number,
): Difference | null {
  for (let index = 0; index < Math.max(first.length, second.length); index++) {
    const [a, b] = [first[index] ?? null, second[index] ?? null];
    if (a !== null && b !== null && sameInput(a, b)) continue;
    return { index: offset + index, first: a, second: b, before: second.slice(Math.max(0, index - BEFORE), index) };
  }
  return null;
}
