import { fc, test, testProp } from '@fast-check/ava';
import { createRng } from '../../core/rng.js';
import { MS } from '../../core/units.js';
import {
  exp,
  exponential,
  gamma,
  gammaFunction,
  log,
  lognormal,
  normal,
  normalQuantile,
  poisson,
  pow,
  weibull,
} from '../../sim/distributions.js';
import { Geography, REGIONS, drawRegion } from '../../sim/geography.js';

const close = (a: number, b: number, error = 1e-12) => Math.abs(a - b) <= error * Math.max(1e-300, Math.abs(b));
const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });

testProp('exp is Math.exp', [real(-690, 700)], (t, x) => {
  t.true(close(exp(x), Math.exp(x)), `${exp(x)} for ${Math.exp(x)}`);
});

testProp('log is Math.log', [fc.oneof(real(1e-300, 1e300), real(0.5, 2), real(1e-9, 1e9))], (t, x) => {
  t.true(Math.abs(log(x) - Math.log(x)) <= 1e-12 * Math.abs(Math.log(x)) + 1e-15, `${log(x)} for ${Math.log(x)}`);
});

testProp('pow is Math.pow', [real(1e-6, 1e6), real(-20, 20)], (t, x, y) => {
  t.true(close(pow(x, y), x ** y, 1e-11));
});

testProp('the gamma function is the factorial between and beyond whole numbers', [real(1e-3, 150)], (t, x) => {
  t.true(close(gammaFunction(x + 1), x * gammaFunction(x), 1e-11));
});

test('the gamma function where it is known', (t) => {
  const known: readonly (readonly [number, number])[] = [
    [0.5, Math.sqrt(Math.PI)],
    [1, 1],
    [2, 1],
    [5, 24],
    [11, 3_628_800],
  ];
  for (const [x, value] of known) t.true(close(gammaFunction(x), value, 1e-11), `${gammaFunction(x)} for ${value}`);
});

test('edges', (t) => {
  t.deepEqual(
    [exp(0), exp(-1_000), exp(1_000), log(1), log(0), log(-1), pow(0, 2)],
    [1, 0, Infinity, 0, -Infinity, NaN, 0],
  );
});

/** Mean, deviation and median of many draws. */
function sample(draw: () => number, count = 200_000) {
  const values = Float64Array.from({ length: count }, draw).sort();
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return { mean, deviation: Math.sqrt(variance), median: values[count / 2]! };
}

test('draws have the moments of their distributions', (t) => {
  const rng = createRng('moments');
  const gauss = sample(() => normal(rng));
  t.true(Math.abs(gauss.mean) < 0.01 && close(gauss.deviation, 1, 0.01));
  const waits = sample(() => exponential(rng, 400));
  t.true(
    close(waits.mean, 400, 0.01) && close(waits.deviation, 400, 0.02) && close(waits.median, 400 * Math.LN2, 0.01),
  );
  const sessions = sample(() => lognormal(rng, 5.2355, 1.5443));
  t.true(close(sessions.median, 188, 0.03) && close(sessions.mean, 619, 0.05));
  const tails = sample(() => weibull(rng, 0.59, 41.9));
  t.true(close(tails.median, 22.5, 0.03));
  const shapes = sample(() => gamma(rng, 2.7));
  t.true(close(shapes.mean, 2.7, 0.01) && close(shapes.deviation, Math.sqrt(2.7), 0.02));
  const counts = sample(() => poisson(rng, 7), 50_000);
  t.true(close(counts.mean, 7, 0.01) && close(counts.deviation, Math.sqrt(7), 0.02));
});

testProp('the normal quantile inverts the distribution', [real(1e-6, 1 - 1e-6)], (t, p) => {
  const x = normalQuantile(p);
  t.true(Math.abs(x + normalQuantile(1 - p)) < 1e-6);
  const steps = 4_000;
  let area = 0;
  for (let step = 0; step < steps; step++) {
    const at = (x * (step + 0.5)) / steps;
    area += (Math.exp((-at * at) / 2) * x) / steps;
  }
  t.true(Math.abs(0.5 + area / Math.sqrt(2 * Math.PI) - p) < 1e-6);
});

test('the geography is fixed, asymmetric, and as far apart as measured round trips', (t) => {
  const geography = new Geography(createRng('geography'));
  const again = new Geography(createRng('geography'));
  const rng = createRng('places');
  const names = Array.from({ length: 400 }, (_, index) => `node-${index}`);
  for (const name of names) {
    const region = drawRegion(rng);
    geography.place(name, region);
    again.place(name, region);
  }
  const delay = (from: string, to: string) => {
    const { base, spread } = geography.path(from, to);
    t.deepEqual(again.path(from, to), { base, spread });
    t.true(Number.isInteger(base) && base > 0 && spread >= 4 * MS && spread <= 60 * MS);
    return base + spread;
  };
  const roundTrips = new Map<string, number[]>();
  let asymmetric = 0;
  for (let index = 0; index < 4_000; index++) {
    const [from, to] = [names[rng.below(400)]!, names[rng.below(400)]!];
    const [there, back] = [delay(from, to), delay(to, from)];
    if (there !== back) asymmetric++;
    const key = [geography.regionOf(from), geography.regionOf(to)].sort().join(' ');
    roundTrips.set(key, [...(roundTrips.get(key) ?? []), (there + back) / MS]);
  }
  t.true(asymmetric > 3_800);
  t.is(roundTrips.size, (REGIONS.length * (REGIONS.length + 1)) / 2);
  const mean = (key: string) =>
    roundTrips.get(key)!.reduce((sum, value) => sum + value, 0) / roundTrips.get(key)!.length;
  t.true(mean('europe europe') > 25 && mean('europe europe') < 65, `${mean('europe europe')}`);
  t.true(mean('europe n-america') > 90 && mean('europe n-america') < 140, `${mean('europe n-america')}`);
});
