import test from 'ava';
import { closingLine, countLine, type Tally } from '../../tools/tally.js';

test('counts a TAP stream and shows what a reader wants of it', (t) => {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  const stream = [
    'TAP version 13',
    'ok 1 - a › holds',
    '#   a logged line',
    'ok 2 - a › needs ffmpeg # SKIP',
    'not ok 3 - a › breaks',
    '  ---',
    '    name: AssertionError',
    '  ...',
    'not ok 4 - dist/test/b.test.js exited with a non-zero exit code: 3',
    'not ok 5 - No tests found in dist/test/c.test.js',
    '',
    '1..3',
    '# tests 2',
    '# pass 1',
    '# fail 3',
  ];
  const shown = stream.map((line) => countLine(tally, line)).filter((line) => line !== null);
  t.deepEqual(tally, { passed: 1, failed: 3, skipped: 1 });
  t.is(closingLine(tally), '1 passed, 3 failed, 1 skipped');
  t.deepEqual(shown.slice(0, 4), [
    '  ✔ a › holds',
    '#   a logged line',
    '  - a › needs ffmpeg (skip)',
    '  ✘ a › breaks',
  ]);
  t.is(shown.length, 9);
});
