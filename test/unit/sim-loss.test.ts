import test from 'ava';
import { MS, SECOND } from '../../core/units.js';
import { LATENCY, Stage } from './sim-stage.js';

/** What arrived at a puppet from another, in order, with the time since `from`. */
function arrivals(stage: Stage, name: string, from = 0): { readonly what: string; readonly at: number }[] {
  return stage
    .puppet(name)
    .log.filter(([, what]) => what.includes(' from '))
    .map(([at, what]) => ({ what, at: at - from }));
}

test('losses are mended side by side: a stream of messages is late, and not later and later', (t) => {
  const stage = new Stage('ab', { loss: 0.3, seed: 5 });
  stage.connect('a', 'b');
  const count = 1_200;
  const begin = stage.world.now();
  for (let n = 0; n < count; n++) {
    stage.send('a', 'b', n, 'control', 100);
    stage.run(50 * MS);
  }
  stage.run(30 * SECOND);
  const late = arrivals(stage, 'b', begin).map(({ at }, n) => at - n * 50 * MS - LATENCY);
  t.is(late.length, count);
  const half = (from: number): number => late.slice(from, from + count / 2).sort((a, b) => a - b)[count / 4] ?? 0;
  t.true(half(count / 2) < 2 * half(0) + 200 * MS, `${half(0)} µs, then ${half(count / 2)} µs`);
  t.true(half(0) > 10 * MS);
});

test('on a lossy path control waits for the window and not for the media behind it, and media keeps its order', (t) => {
  const stage = new Stage('ab', { loss: 0.1, seed: 2 });
  stage.connect('a', 'b');
  const begin = stage.world.now();
  for (let n = 0; n < 5; n++) stage.send('a', 'b', n, 'chunk', 40_000);
  stage.send('a', 'b', 5);
  stage.run(100 * MS);
  t.deepEqual(stage.lines('a').slice(1), ['b congested: full'], 'what takes longer than two seconds is too much');
  stage.run(20 * SECOND);
  const came = arrivals(stage, 'b', begin);
  const chunks = came.filter(({ what }) => what.startsWith('chunk'));
  t.deepEqual(
    chunks.map(({ what }) => what),
    [0, 1, 2, 3, 4].map((n) => `chunk ${n} from a`),
  );
  t.true((chunks.at(-1)?.at ?? 0) > 3 * SECOND);
  const control = came.find(({ what }) => what.startsWith('control'))?.at ?? Infinity;
  t.true(control > 500 * MS && control < 2 * SECOND, `${control} µs`);
  t.deepEqual(stage.lines('a').slice(2), ['b writable: drained']);
});
