import type { Chunk } from '../chunk.js';
import type { ByeCode, CommandResult, Contact, DurableState } from '../machine.js';
import type { CommandId, NodeId } from '../units.js';

/** One thing that a machine wanted done, as data. */
export type Effect<M> =
  | { readonly type: 'send'; readonly to: NodeId; readonly message: M }
  | { readonly type: 'connect'; readonly to: Contact }
  | { readonly type: 'disconnect'; readonly peer: NodeId; readonly code: ByeCode; readonly detail: string }
  | { readonly type: 'play'; readonly chunk: Chunk }
  | { readonly type: 'reply'; readonly id: CommandId; readonly result: CommandResult }
  | { readonly type: 'persist'; readonly state: DurableState };

/**
 * Running hash of effects: two 32-bit lanes over their whole content, every byte of a message included. Two machines whose
 * hashes are equal have done the same in the same order. Members of objects count by name, so that their order is no matter.
 */
export class EffectsHash {
  readonly #number = new DataView(new ArrayBuffer(8));
  #a = 0x9e3779b9 | 0;
  #b = 0x85ebca6b | 0;

  add(effect: Effect<unknown>): void {
    this.#value(effect);
  }

  /** 16 hexadecimal digits. */
  get hex(): string {
    return [this.#a, this.#b].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #word(word: number): void {
    const a = Math.imul(this.#a ^ word, 0xcc9e2d51);
    const b = Math.imul(this.#b ^ word, 0x1b873593) + a;
    this.#a = a ^ (a >>> 15);
    this.#b = b ^ (b >>> 13);
  }

  #text(text: string): void {
    this.#word(text.length);
    for (let index = 0; index < text.length; index++) this.#word(text.charCodeAt(index));
  }

  /** A tag in front of each value keeps apart what has the same content. */
  #value(value: unknown): void {
    if (value === null || value === undefined) this.#word(1);
    else if (typeof value === 'boolean') this.#word(value ? 2 : 3);
    else if (typeof value === 'number') {
      this.#word(4);
      this.#number.setFloat64(0, value === 0 ? 0 : value);
      this.#word(this.#number.getInt32(0));
      this.#word(this.#number.getInt32(4));
    } else if (typeof value === 'string') {
      this.#word(5);
      this.#text(value);
    } else if (value instanceof Uint8Array) {
      this.#word(6);
      this.#word(value.length);
      for (const byte of value) this.#word(byte);
    } else if (Array.isArray(value)) {
      this.#word(7);
      this.#word(value.length);
      for (const item of value) this.#value(item);
    } else this.#members(value);
  }

  #members(object: object): void {
    const members = Object.entries(object).filter(([, value]) => value !== undefined);
    members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#word(8);
    this.#word(members.length);
    for (const [name, value] of members) {
      this.#text(name);
      this.#value(value);
    }
  }
}
