/** RFC 4648 base32 in lower case without padding: how keys become names. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Characters that 32 bytes take. */
export const PACKED_CHARACTERS = 52;
/** Bytes that such a name packs into. */
export const PACKED_BYTES = 32;

/** Value of each ASCII character, 255 where it is not of the alphabet. */
const VALUES = new Uint8Array(128).fill(255);
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value;

export function toBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >>> bits) & 31];
    }
    held &= 31;
  }
  return bits > 0 ? text + ALPHABET[(held << (5 - bits)) & 31] : text;
}

/** Whether the text is exactly what `toBase32` gives for some 32 bytes. */
export function isPackable(text: string): boolean {
  if (text.length !== PACKED_CHARACTERS) return false;
  for (let index = 0; index < PACKED_CHARACTERS; index++) {
    const code = text.charCodeAt(index);
    if (code > 127 || VALUES[code] === 255) return false;
  }
  // 52 characters hold 260 bits; the last 4 must be 0.
  return ((VALUES[text.charCodeAt(PACKED_CHARACTERS - 1)] as number) & 15) === 0;
}

/** Writes the 32 bytes of a packable text to `target` at `offset`. */
export function pack(text: string, target: Uint8Array, offset: number): void {
  let bits = 0;
  let held = 0;
  let at = offset;
  for (let index = 0; index < PACKED_CHARACTERS; index++) {
    held = ((held & 255) << 5) | (VALUES[text.charCodeAt(index)] as number);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      target[at++] = held >>> bits;
    }
  }
}
