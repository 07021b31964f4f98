/** UTF-8 as in the WHATWG Encoding standard: lone surrogates are written as U+FFFD, ill-formed input is refused. */

/** Bytes of the text in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const point = text.codePointAt(index) as number;
    if (point > 0xffff) index++;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** Writes the text at `offset`, where there must be room for it, and returns the offset behind it. */
export function writeUtf8(text: string, target: Uint8Array, offset: number): number {
  let at = offset;
  for (let index = 0; index < text.length; index++) {
    let point = text.codePointAt(index) as number;
    if (point > 0xffff) index++;
    else if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
    if (point < 0x80) target[at++] = point;
    else {
      if (point < 0x800) target[at++] = 0xc0 | (point >> 6);
      else {
        if (point < 0x10000) target[at++] = 0xe0 | (point >> 12);
        else {
          target[at++] = 0xf0 | (point >> 18);
          target[at++] = 0x80 | ((point >> 12) & 63);
        }
        target[at++] = 0x80 | ((point >> 6) & 63);
      }
      target[at++] = 0x80 | (point & 63);
    }
  }
  return at;
}

/** The text in these bytes; null when they are not well-formed, shortest-form UTF-8. */
export function readUtf8(bytes: Uint8Array): string | null {
  let text = '';
  let index = 0;
  while (index < bytes.length) {
    const lead = bytes[index] as number;
    const extra = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1;
    if (extra < 0 || index + extra >= bytes.length) return null;
    let point = extra === 0 ? lead : lead & (0x3f >> extra);
    for (let step = 1; step <= extra; step++) {
      const next = bytes[index + step] as number;
      if ((next & 0xc0) !== 0x80) return null;
      point = (point << 6) | (next & 63);
    }
    const overlong = (extra === 2 && point < 0x800) || (extra === 3 && point < 0x10000);
    if (overlong || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return null;
    text += String.fromCodePoint(point);
    index += extra + 1;
  }
  return text;
}
