import { fromHex } from '../wire/hex.js';

/** Reads members of an object that came from a file. The first that is missing or of another type clears `ok`. */
export class Fields {
  ok = true;
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    this.ok = isObject;
    this.#members = isObject ? (value as Readonly<Record<string, unknown>>) : {};
  }

  /** Whether the object has this member of its own. */
  has(name: string): boolean {
    return Object.hasOwn(this.#members, name);
  }

  any(name: string): unknown {
    return this.has(name) ? this.#members[name] : undefined;
  }

  text(name: string): string {
    const value = this.any(name);
    if (typeof value === 'string') return value;
    this.ok = false;
    return '';
  }

  textOrNull(name: string): string | null {
    return this.any(name) === null ? null : this.text(name);
  }

  /** A whole number, 0 or more. */
  whole(name: string): number {
    const value = this.any(name);
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    this.ok = false;
    return 0;
  }

  flag(name: string): boolean {
    const value = this.any(name);
    if (typeof value === 'boolean') return value;
    this.ok = false;
    return false;
  }

  bytes(name: string): Uint8Array {
    const bytes = fromHex(this.text(name));
    if (bytes === null) this.ok = false;
    return bytes ?? new Uint8Array(0);
  }

  /** One of the names in the table. */
  choice<T extends string>(name: string, table: Readonly<Record<T, true>>): T {
    const value = this.text(name);
    if (!Object.hasOwn(table, value)) this.ok = false;
    return value as T;
  }

  /** A member object; its faults are not yet faults of this one, see `include`. */
  object(name: string): Fields {
    return new Fields(this.any(name));
  }

  list<T>(name: string, read: (value: unknown) => T | null): T[] {
    const value = this.any(name);
    const items = (Array.isArray(value) ? value : [null]).map((item: unknown) => read(item));
    const good = items.filter((item) => item !== null);
    if (good.length < items.length) this.ok = false;
    return good;
  }

  /** Makes a member's faults faults of the whole. */
  include(part: Fields): void {
    this.ok &&= part.ok;
  }
}
