import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { meanInterval, pairedDifference } from '../../experiments/compare/statistics.js';
import { newPaper } from '../../experiments/report/paper.js';
import { looksOf } from '../../viz/charts/colours.js';
import { distribution, steps } from '../../viz/charts/distribution.js';
import { digitsFor } from '../../viz/charts/heat-map.js';
import { nines, NINES } from '../../viz/charts/nines.js';
import { svgForPage, svgForPaper } from '../../viz/charts/paper.js';
import { front, placeLabels } from '../../viz/charts/pareto.js';
import { binned, markRows } from '../../viz/charts/timeline.js';
import { clock, difference, figure, interval, scaleOf, timeTicks } from '../../viz/charts/units.js';
import { spread, textWidth } from '../../viz/charts/words.js';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });

testProp('the axis of nines rises with the share, and only nothing lost is at its end', [share, share], (t, a, b) => {
  t.true(a <= b ? nines(a) <= nines(b) : nines(a) >= nines(b));
  t.is(nines(a) === NINES.length - 1, a === 1);
  t.true(nines(a) >= 0);
});

test('figures as people read them', (t) => {
  const shares = [0, 0.5, 0.875, 0.9913, 0.99952, 1, -0.4].map((value) => figure(value, 'share'));
  t.deepEqual(shares, ['0 %', '50.0 %', '87.5 %', '99.13 %', '99.952 %', '100 %', '−40.0 %']);
  const times = [0, 3.14, 350, 2500, 61_000, Infinity, null].map((value) => figure(value, 'ms'));
  t.deepEqual(times, ['0 ms', '3.1 ms', '350 ms', '2.50 s', '61.0 s', 'never', '–']);
  t.deepEqual(
    [500_000, 2_500_000].map((value) => figure(value, 'bits')),
    ['500 kbit/s', '2.5 Mbit/s'],
  );
  t.is(figure(1_234_567, 'count'), '1,234,567');
  t.is(interval('85 %', '83 %', '98 %'), '85 % [83 – 98]');
  t.is(interval('1.5 s', '800 ms', 'never'), '1.5 s [800 ms – never]');
  t.is(interval('3', '2', '4'), '3 [2 – 4]');
  t.is(difference(-0.0123, 'share'), '−1.2 pp');
  t.is(difference(0.5, 'share'), '+50 pp');
  t.is(difference(1500, 'ms'), '+1500 ms');
  t.deepEqual(scaleOf('ms', [10, 5000]), { factor: 0.001, suffix: 's' });
  t.deepEqual([59, 61, 3725].map(clock), ['0:59', '1:01', '1:02:05']);
});

testProp(
  'time ticks are round, start at 0, stay inside and are not many',
  [fc.integer({ min: 1, max: 200_000 })],
  (t, seconds) => {
    const ticks = timeTicks(seconds, 10);
    t.is(ticks[0], 0);
    t.true(ticks.length <= 12 && ticks.every((tick) => tick <= seconds));
  },
);

testProp(
  'labels that are moved apart keep their order and do not touch, where there is room',
  [fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 9 })],
  (t, wishes) => {
    const centres = spread(
      wishes.map((at) => ({ at, size: 11 })),
      0,
      100,
    );
    const sorted = centres.toSorted((a, b) => a - b);
    t.true(sorted.every((at, index) => index === 0 || at - (sorted[index - 1] ?? 0) >= 11 - 1e-6));
    t.true(sorted.every((at) => at >= 5.5 - 1e-6 && at <= 94.5 + 1e-6));
    wishes.forEach((at, a) =>
      wishes.forEach((other, b) => t.true(at >= other || (centres[a] ?? 0) < (centres[b] ?? 0))),
    );
  },
);

const plane = fc.array(fc.record({ x: fc.integer({ min: 0, max: 20 }), y: fc.integer({ min: 0, max: 20 }) }), {
  minLength: 1,
  maxLength: 25,
});

testProp('the front is those that nobody beats, from left to right', [plane], (t, points) => {
  const best = new Set(front(points, 'more', 'less'));
  t.true(best.size > 0);
  points.forEach((point, index) => {
    const beaten = points.some(
      (other) => other.x >= point.x && other.y <= point.y && (other.x !== point.x || other.y !== point.y),
    );
    t.is(best.has(index), !beaten);
  });
  const xs = [...best].map((index) => points[index]?.x ?? 0);
  t.deepEqual(
    xs,
    xs.toSorted((a, b) => a - b),
  );
});

testProp('labels beside points stay inside and off each other', [plane], (t, points) => {
  const frame = { left: 0, right: 400, top: 0, bottom: 200 };
  const labelled = points.map(({ x, y }) => ({ x: 20 + x * 18, y: 10 + y * 9, text: 'name' }));
  const width = textWidth('name');
  const boxes = placeLabels(labelled, frame).flatMap((place) => {
    if (place === null) return [];
    const left = place.anchor === 'start' ? place.x : place.anchor === 'end' ? place.x - width : place.x - width / 2;
    return [{ left, right: left + width, top: place.y - 5.5, bottom: place.y + 5.5 }];
  });
  boxes.forEach((a, at) => {
    t.true(a.left >= frame.left && a.right <= frame.right && a.top >= frame.top && a.bottom <= frame.bottom);
    for (const b of boxes.slice(at + 1)) {
      t.false(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom);
    }
  });
});

testProp(
  'a distribution rises from 0 to the share of what ever came',
  [fc.array(fc.oneof(fc.nat(50), fc.constant(Infinity)), { minLength: 1, maxLength: 900 })],
  (t, values) => {
    const points = steps(values, (value) => value, [0, 60]);
    t.deepEqual(points[0], { x: 0, y: 0 });
    t.true(
      points.every(
        ({ x, y }, index) => index === 0 || (x >= (points[index - 1]?.x ?? 0) && y >= (points[index - 1]?.y ?? 0)),
      ),
    );
    const came = (values.filter(Number.isFinite).length / values.length) * 100;
    t.true(Math.abs((points.at(-1)?.y ?? NaN) - came) < 1e-9);
  },
);

testProp(
  'bins keep the mean of what is known',
  [fc.array(finite, { minLength: 6, maxLength: 60 }), fc.integer({ min: 1, max: 6 })],
  (t, values, step) => {
    const whole = values.slice(0, values.length - (values.length % step));
    const mean = (all: readonly number[]): number => all.reduce((sum, each) => sum + each, 0) / all.length;
    const bins = binned(whole, step).map((each) => each ?? NaN);
    t.true(Math.abs(mean(bins) - mean(whole)) < 1e-6);
    t.deepEqual(binned([null, 4, null, null], 2), [4, null]);
  },
);

test('marks of one name share a label, and labels that would touch take another row', (t) => {
  const marks = [10, 20, 30].map((from) => ({ from, to: null, label: 'crash: interior' }));
  const rows = markRows([...marks, { from: 12, to: 20, label: 'partition: viewer' }], 100);
  t.deepEqual(
    rows.map(({ text, row }) => [text, row]),
    [
      ['crash: interior, 3 times', 0],
      ['partition: viewer', 1],
    ],
  );
});

test('a protocol looks the same whoever stands beside it', (t) => {
  const few = looksOf(['astral', 'donet']);
  const many = looksOf(['origin-edge', 'donet', 'astral']);
  for (const name of ['astral', 'donet']) t.deepEqual(few.get(name), many.get(name));
  const looks = [...looksOf(['astral', 'a', 'b', 'c', 'd', 'e', 'origin-edge', 'p2p-cdn']).values()];
  t.is(new Set(looks.map(({ colour, symbol }) => `${colour} ${symbol}`)).size, looks.length);
});

test('digits are enough to tell cells apart', (t) => {
  t.deepEqual([digitsFor([1, 90]), digitsFor([1, 1.5]), digitsFor([0.2, 0.25]), digitsFor([5, 5])], [0, 2, 3, 2]);
});

testProp(
  'the interval of a mean is that of the differences to nothing',
  [fc.array(finite, { maxLength: 12 })],
  (t, values) => {
    t.deepEqual(
      meanInterval(values),
      pairedDifference(
        values,
        values.map(() => 0),
      ),
    );
  },
);

test('names from outside stay text, on the page and on paper', (t) => {
  const look = looksOf(['astral']).get('astral') ?? t.fail();
  const name = '<script>alert("1")</script>&';
  const samples = ['astral', name].map((each) => ({ name: each, look, values: [1, 2, 3] }));
  const drawing = distribution(newPaper(), samples, { label: name, unit: 'ms', of: name });
  const words = { title: name, description: name };
  for (const svg of [svgForPage(drawing, words), svgForPaper(drawing, words)]) {
    t.notRegex(svg, /<script/);
    t.regex(svg, /&lt;script/);
  }
});

test('a crowd is drawn as well as a few', (t) => {
  const look = looksOf(['astral']).get('astral') ?? t.fail();
  const values = Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 100_003);
  const drawing = distribution(newPaper(), [{ name: 'astral', look, values }], {
    label: 'lag',
    unit: 'ms',
    of: 'viewers',
  });
  t.true(drawing.content.length < 50_000, 'thinned');
});
