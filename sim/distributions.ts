/**
 * Elementary functions and random draws from + - * / and square root alone. IEEE 754 defines these to the last bit,
 * whereas Math.exp, log, sin and pow may differ between engines and would break equal digests.
 */
import type { Rng } from '../core/machine.js';

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** 2^k for whole k in -1022..1023, by squaring. */
function powerOfTwo(k: number): number {
  let result = 1;
  let factor = k < 0 ? 0.5 : 2;
  for (let left = k < 0 ? -k : k; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= factor;
    factor *= factor;
  }
  return result;
}

/** e^x: reduction by ln 2, then a Taylor polynomial of degree 14 on |r| <= 0.35. 0 below -700, Infinity above 709. */
export function exp(x: number): number {
  if (x < -700) return 0;
  if (x > 709) return Infinity;
  const k = Math.floor(x / Math.LN2 + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 1;
  for (let n = 14; n >= 1; n--) sum = 1 + (r / n) * sum;
  return sum * powerOfTwo(k);
}

/** Natural logarithm of a positive number: scaled to [0.7, 1.42), then 2 artanh((m-1)/(m+1)). -Infinity at 0. */
export function log(x: number): number {
  if (x <= 0) return x === 0 ? -Infinity : NaN;
  let mantissa = x;
  let exponent = 0;
  for (let step = 512; step >= 1; step /= 2) {
    const factor = powerOfTwo(step);
    for (; mantissa >= factor * 1.5; exponent += step) mantissa /= factor;
    for (; mantissa * factor < 1.5; exponent -= step) mantissa *= factor;
  }
  if (mantissa >= Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const z = (mantissa - 1) / (mantissa + 1);
  const square = z * z;
  let sum = 0;
  for (let n = 23; n >= 1; n -= 2) sum = 1 / n + square * sum;
  return 2 * z * sum + exponent * Math.LN2;
}

/** x^y for positive x. */
export function pow(x: number, y: number): number {
  return x === 0 ? 0 : exp(y * log(x));
}

const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188] as const;

/** The gamma function for x > 0: Stirling's series where it is exact, by the recurrence below. Infinity above 171. */
export function gammaFunction(x: number): number {
  let below = 1;
  let at = x;
  for (; at < 12; at++) below *= at;
  let series = 0;
  for (let n = STIRLING.length - 1; n >= 0; n--) series = series / (at * at) + STIRLING[n]!;
  return exp((at - 0.5) * log(at) - at + 0.9189385332046727 + series / at) / below;
}

/** Uniform in (0, 1]: safe for a logarithm. */
function open(rng: Rng): number {
  return 1 - rng.next();
}

/** Standard normal, by Marsaglia's polar method. */
export function normal(rng: Rng): number {
  for (;;) {
    const u = 2 * rng.next() - 1;
    const v = 2 * rng.next() - 1;
    const s = u * u + v * v;
    if (s > 0 && s < 1) return u * Math.sqrt((-2 * log(s)) / s);
  }
}

/** exp of a normal with this mean and deviation; the median is e^mu. */
export function lognormal(rng: Rng, mu: number, sigma: number): number {
  return exp(mu + sigma * normal(rng));
}

export function exponential(rng: Rng, mean: number): number {
  return -mean * log(open(rng));
}

/** Weibull by inversion; the mean is scale * gamma(1 + 1/shape). */
export function weibull(rng: Rng, shape: number, scale: number): number {
  return scale * pow(-log(open(rng)), 1 / shape);
}

/** Gamma with scale 1 and a shape of at least 1, by the method of Marsaglia and Tsang; the mean is the shape. */
export function gamma(rng: Rng, shape: number): number {
  const d = shape - 1 / 3;
  for (;;) {
    const x = normal(rng);
    const root = 1 + x / Math.sqrt(9 * d);
    const v = root * root * root;
    if (v > 0 && log(open(rng)) < (x * x) / 2 + d * (1 - v + log(v))) return d * v;
  }
}

/** Number of events of a Poisson process of this mean; counts exponential gaps, in slices so that nothing underflows. */
export function poisson(rng: Rng, mean: number): number {
  let count = 0;
  for (let left = exponential(rng, 1); left <= mean; left += exponential(rng, 1)) count++;
  return count;
}

/** Quantile of the standard normal for 0 < p < 1: Acklam's rational approximation, relative error below 1.2e-9. */
export function normalQuantile(p: number): number {
  if (p < 0.02425) return tail(Math.sqrt(-2 * log(p)));
  if (p > 1 - 0.02425) return -tail(Math.sqrt(-2 * log(1 - p)));
  const q = p - 0.5;
  const r = q * q;
  const above =
    ((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r -
      30.66479806614716) *
      r +
    2.506628277459239;
  const below =
    ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r -
      13.28068155288572) *
      r +
    1;
  return (above * q) / below;
}

function tail(q: number): number {
  const above =
    ((((-0.007784894002430293 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) * q +
      4.374664141464968) *
      q +
    2.938163982698783;
  const below =
    (((0.007784695709041462 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1;
  return above / below;
}
