import { fc, test, testProp } from '@fast-check/ava';
import { pairedDifference, quantile, studentQuantile } from '../../experiments/compare/statistics.js';

/** Hours of sleep gained with two drugs by the same ten patients (Student, The Probable Error of a Mean, 1908). */
const FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
const SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

test("the paired interval of Student's own data is the published one", (t) => {
  const found = pairedDifference(FIRST, SECOND);
  t.is(found?.n, 10);
  t.true(Math.abs((found?.mean ?? 0) - -1.58) < 1e-9);
  t.true(Math.abs((found?.low ?? 0) - -2.4598858) < 1e-3);
  t.true(Math.abs((found?.high ?? 0) - -0.7001142) < 1e-3);
});

test('quantiles of Student go on beyond the table without a step, and end at those of the normal distribution', (t) => {
  t.true(Math.abs(studentQuantile(40) - 2.0211) < 1e-3);
  t.true(Math.abs(studentQuantile(60) - 2.0003) < 1e-3);
  t.true(Math.abs(studentQuantile(1e6) - 1.96) < 1e-4);
  for (let freedom = 1; freedom < 200; freedom++) t.true(studentQuantile(freedom + 1) < studentQuantile(freedom));
});

const figures = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 40 });

testProp(
  'what both sides of all pairs share cancels',
  [figures, fc.double({ min: -10, max: 10, noNaN: true })],
  (t, base, shift) => {
    const found = pairedDifference(
      base.map((value) => value + shift),
      base,
    );
    t.true(Math.abs((found?.mean ?? NaN) - shift) < 1e-6);
    t.true((found?.high ?? NaN) - (found?.low ?? NaN) < 1e-6);
  },
);

testProp(
  'exchanging the sides mirrors the interval; pairs without a figure do not count',
  [figures, figures],
  (t, a, b) => {
    const there = pairedDifference(a, b);
    const length = Math.min(a.length, b.length);
    const back = pairedDifference(b.slice(0, length), a.slice(0, length));
    t.is(there?.n, length);
    t.true(Math.abs((there?.low ?? NaN) + (back?.high ?? NaN)) <= 1e-6 * Math.max(1, Math.abs(there?.low ?? 0)));
    t.is(pairedDifference([Infinity, 1, 2], [0, 1, NaN]), null);
  },
);

testProp('a quantile lies between the values, rises with the share and bears infinities', [figures], (t, values) => {
  const shares = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1].map((share) => quantile(values, share) ?? NaN);
  t.is(shares[0], Math.min(...values));
  t.is(shares.at(-1), Math.max(...values));
  for (let index = 1; index < shares.length; index++) t.true((shares[index] ?? 0) >= (shares[index - 1] ?? 0));
  t.is(quantile([...values, Infinity, Infinity], 1), Infinity);
  t.is(quantile([], 0.5), null);
});
