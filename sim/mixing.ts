/** State of a 64 bit hash in two halves, or the key it starts from. */
export interface Lanes {
  readonly low: number;
  readonly high: number;
}

/** MurmurHash3's finaliser (A. Appleby, public domain): every bit of the result depends on every bit of the argument. */
function avalanche(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** A keyed 64 bit hash: two multiplicative lanes as in FNV-1a with different primes. Not for use against cryptanalysts. */
export function mix(key: Lanes, bytes: Uint8Array): Lanes {
  let low = key.low ^ bytes.length;
  let high = key.high;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number;
    low = Math.imul(low ^ byte, 0x01000193);
    low ^= low >>> 15;
    high = Math.imul(high ^ byte, 0x5bd1e995);
    high ^= high >>> 13;
  }
  return { low: avalanche(low ^ key.high), high: avalanche(high ^ key.low) };
}

/** The hash drawn out to `length` bytes, a multiple of 4. */
export function spread(lanes: Lanes, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 4) {
    const word =
      avalanche(lanes.low + Math.imul(at, 0x9e3779b9)) ^ avalanche(lanes.high ^ Math.imul(at + 1, 0x7feb352d));
    bytes[at] = word;
    bytes[at + 1] = word >>> 8;
    bytes[at + 2] = word >>> 16;
    bytes[at + 3] = word >>> 24;
  }
  return bytes;
}
