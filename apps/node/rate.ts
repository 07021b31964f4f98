const SCALE: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** Bits per second from text such as `8Mbit`, `800kbit/s` or a bare number of bits; null if it is none. */
export function parseRate(text: string): number | null {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(?:([kmg]?)bit(?:\/s|ps)?)?$/i.exec(text.trim());
  if (match === null) return null;
  const scale = SCALE[(match[2] ?? '').toLowerCase()] ?? 1;
  return Math.round(Number(match[1]) * scale);
}
