/** Running hash of the inputs that a world dispatches: two 32-bit lanes, with a prefix kept every `every` inputs. */
export class Digest {
  /** `prefixes[i]` is the digest after `(i + 1) * every` inputs, so that the first difference of two runs can be located. */
  readonly prefixes: string[] = [];
  readonly every: number;
  #a = 0x9e3779b9 | 0;
  #b = 0x85ebca6b | 0;
  #left: number;

  constructor(every = 1_000) {
    this.every = every;
    this.#left = every;
  }

  add(time: number, node: number, kind: number, tag: number, size: number): void {
    let a = this.#a;
    let b = this.#b;
    a = Math.imul(a ^ (time | 0), 0xcc9e2d51);
    b = Math.imul(b ^ node ^ (time / 4_294_967_296), 0x1b873593);
    a = (a << 15) | (a >>> 17);
    b = (b << 13) | (b >>> 19);
    a = Math.imul(a ^ (kind << 24) ^ tag, 0xe6546b64) + b;
    b = Math.imul(b ^ size, 0xc2b2ae35) + a;
    this.#a = a ^ (a >>> 15);
    this.#b = b ^ (b >>> 13);
    if (--this.#left === 0) {
      this.#left = this.every;
      this.prefixes.push(this.hex);
    }
  }

  /** 16 hexadecimal digits. */
  get hex(): string {
    return hex32(this.#a) + hex32(this.#b);
  }
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}

/** A 32-bit mixing of two words (the finaliser of MurmurHash3): equal arguments give equal results everywhere. */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A 32-bit hash of a string (FNV-1a). */
export function hashString(text: string): number {
  let h = 0x811c9dc5 | 0;
  for (let index = 0; index < text.length; index++) h = Math.imul(h ^ text.charCodeAt(index), 0x01000193);
  return mix(h, text.length);
}
