import { fc, testProp } from '@fast-check/ava';
import { FARTHEST, Position, type Coordinate } from '../../core/membership/coordinate.js';
import { createRng } from '../../core/rng.js';
import { MS } from '../../core/units.js';

const ms = fc.integer({ min: 0, max: 200 });
const place = fc.record({ x: ms, y: ms, height: fc.integer({ min: 2, max: 40 }) });
const origin = { x: 100, y: 100, height: 2 };

type Place = typeof origin;

function roundTrip(a: Place, b: Place): number {
  return Math.max(1, Math.hypot(a.x - b.x, a.y - b.y) + a.height + b.height) * MS;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

testProp(
  'nodes that measure some of the round trips predict the others',
  [fc.array(place, { minLength: 12, maxLength: 30 }), fc.nat()],
  (t, places, seed) => {
    const rng = createRng(String(seed));
    const nodes = places.map((at, index) => ({ at, position: new Position(rng.fork(String(index))) }));
    const anchor = new Position(rng.fork('anchor')).anchor;
    for (let round = 0; round < 60; round++) {
      for (const { at, position } of nodes) {
        if (round % 4 === 0) position.observe(roundTrip(at, origin), anchor);
        const other = nodes[rng.below(nodes.length)]!;
        if (other.position !== position) position.observe(roundTrip(at, other.at), other.position.coordinate);
      }
    }
    const off = nodes.flatMap((a) =>
      nodes
        .filter((b) => b !== a)
        .map((b) => {
          const real = roundTrip(a.at, b.at);
          // Between neighbours a few milliseconds off are no harm, whatever share of the way they are.
          return Math.abs(a.position.roundTripTo(b.position.coordinate)! - real) / Math.max(real, 50 * MS);
        }),
    );
    t.true(median(off) < 0.4, `median error ${median(off)}`);
  },
);

testProp(
  'whatever is claimed and measured, a coordinate stays within its bounds, and one claim moves it little',
  [
    fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: 1e9 }),
        fc.record({
          x: fc.integer({ min: -FARTHEST, max: FARTHEST }),
          y: fc.integer({ min: -FARTHEST, max: FARTHEST }),
          height: fc.nat(FARTHEST),
          error: fc.nat(100),
        }),
      ),
      { minLength: 2 },
    ),
  ],
  (t, samples) => {
    const position = new Position(createRng('1'));
    let before: Coordinate | null = null;
    for (const [measured, there] of samples) {
      position.observe(measured, there);
      const now = position.coordinate;
      if (now === null) continue;
      t.true([now.x, now.y].every((each) => Number.isInteger(each) && Math.abs(each) <= FARTHEST));
      t.true(Number.isInteger(now.height) && now.height >= 0 && now.height <= FARTHEST);
      t.true(Number.isInteger(now.error) && now.error >= 0 && now.error <= 100);
      if (before !== null) t.true(Math.hypot(now.x - before.x, now.y - before.y) <= 102);
      before = now;
    }
  },
);
