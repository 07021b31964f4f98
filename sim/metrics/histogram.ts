/** Bits of mantissa kept: bins are 1/64 of an octave wide, so that a percentile is off by less than 0.8 %. */
const MANTISSA_BITS = 6;
const SUB = 1 << MANTISSA_BITS;
const BINS = (32 - MANTISSA_BITS) * SUB + SUB;
const MAX = 0x7fffffff;

/** Log-linear histogram of microseconds (HDR histogram, G. Tene), so that percentiles of millions of events cost no memory. */
export class Histogram {
  readonly #bins = new Float64Array(BINS);
  #count = 0;
  #infinite = 0;

  /** Values are clamped to 0 and about 35 minutes; Infinity is kept apart. */
  add(value: number): void {
    this.#count++;
    if (value === Infinity) this.#infinite++;
    else this.#bins[binOf(value)]! += 1;
  }

  get count(): number {
    return this.#count;
  }

  /** Nearest rank, the middle of its bin, in the unit of `add`; null when empty. */
  percentile(share: number): number | null {
    if (this.#count === 0) return null;
    let rank = Math.max(1, Math.ceil(share * this.#count));
    if (rank > this.#count - this.#infinite) return Infinity;
    for (let bin = 0; bin < BINS; bin++) {
      rank -= this.#bins[bin]!;
      if (rank <= 0) return middleOf(bin);
    }
    return Infinity;
  }
}

function binOf(value: number): number {
  const whole = value <= 0 ? 0 : value >= MAX ? MAX : Math.floor(value);
  const exponent = Math.max(0, 31 - MANTISSA_BITS - Math.clz32(whole));
  return exponent * SUB + (whole >>> exponent);
}

function middleOf(bin: number): number {
  if (bin < 2 * SUB) return bin;
  const exponent = Math.floor(bin / SUB) - 1;
  const width = 1 << exponent;
  return (bin - exponent * SUB) * width + (width - 1) / 2;
}

/** Nearest rank over exact values; `sorted` rises. null when empty. */
export function percentile(sorted: ArrayLike<number>, share: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? null;
}
