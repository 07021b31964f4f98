/** Percentile of numbers that may be infinite: interpolated between ranks, as in R's type 7. null for none. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const low = sorted[Math.floor(position)];
  const high = sorted[Math.ceil(position)];
  if (low === undefined || high === undefined) return null;
  return low === high ? low : low + (high - low) * (position - Math.floor(position));
}

/** A mean difference with the bounds of its 95 % confidence interval, over `n` pairs. */
export interface Difference {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/**
 * Student's interval for the mean of paired differences: both sides of a pair had the same arrivals, links and
 * failures, so what varies between seeds cancels. null with less than two pairs.
 */
export function pairedDifference(a: readonly number[], b: readonly number[]): Difference | null {
  const differences = a.map((value, index) => value - (b[index] ?? NaN)).filter((each) => Number.isFinite(each));
  const n = differences.length;
  if (n < 2) return null;
  const mean = differences.reduce((sum, each) => sum + each, 0) / n;
  const squares = differences.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  const half = studentQuantile(n - 1) * Math.sqrt(squares / (n - 1) / n);
  return { mean, low: mean - half, high: mean + half, n };
}

/** 97.5 % quantiles of Student's t for 1 to 30 degrees of freedom (NIST/SEMATECH e-Handbook, table 1.3.6.7.2). */
const STUDENT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const NORMAL = 1.959964;

/** Beyond the table by the first terms of Cornish and Fisher's expansion, exact to 0.001 there. */
export function studentQuantile(freedom: number): number {
  const tabled = STUDENT[freedom - 1];
  if (tabled !== undefined) return tabled;
  const z = NORMAL;
  return z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}

/** Student's 95 % interval for the mean of values; null with less than two that are finite. */
export function meanInterval(values: readonly number[]): Difference | null {
  return pairedDifference(
    values,
    values.map(() => 0),
  );
}
