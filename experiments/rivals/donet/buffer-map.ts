/** Chunks that one map covers: some 5 s of the usual stream, of which nobody plays what is older. */
export const SPAN = 64;

/** Which of `SPAN` consecutive chunks a node holds, or asks for: bit `seq - first` is set for those it does. */
export interface BufferMap {
  readonly first: number;
  readonly bits: Uint8Array;
}

/** The map of those of `from..to`, both included, that `holds`; no longer than it must be. */
export function mapOf(from: number, to: number, holds: (seq: number) => boolean): BufferMap {
  const first = Math.max(0, from, to - SPAN + 1);
  const bits = new Uint8Array(Math.max(0, Math.ceil((to - first + 1) / 8)));
  for (let seq = first; seq <= to; seq++) {
    if (holds(seq)) bits[(seq - first) >> 3]! |= 1 << ((seq - first) & 7);
  }
  return { first, bits };
}

export function isSet({ first, bits }: BufferMap, seq: number): boolean {
  const at = seq - first;
  return at >= 0 && ((bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
}

/** All that are set, in order. */
export function seqsOf(map: BufferMap): number[] {
  const seqs: number[] = [];
  const end = map.first + Math.min(SPAN, map.bits.length * 8);
  for (let seq = map.first; seq < end; seq++) if (isSet(map, seq)) seqs.push(seq);
  return seqs;
}

/** The highest that is set, -1 for none. */
export function newestOf(map: BufferMap): number {
  return seqsOf(map).at(-1) ?? -1;
}
