import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { FragmentCount } from '../../../viz/player/fragment-count.js';
import { Cushion, MAX_BEHIND, nextMove, trimBefore } from '../../../viz/player/live-edge.js';
import type { Range } from '../../../viz/player/live-edge.js';
import { overlayOf } from '../../../viz/player/overlay-model.js';
import { stateOf } from '../../../viz/player/player-state.js';
import { SourceClock } from '../../../viz/player/source-clock.js';
import { Timeline } from '../../../viz/player/timeline.js';

/** Media that arrives for some seconds, then does not for some: what a lossy network leaves in the buffer. */
const weather = fc.array(
  fc.record({
    media: fc.double({ min: 0.1, max: 6, noNaN: true }),
    hole: fc.double({ min: 0.2, max: 6, noNaN: true }),
  }),
  { maxLength: 8 },
);

/** What of the broadcast has arrived at `now`. */
function arrived(spans: readonly Range[], now: number): Range[] {
  return spans.filter(({ start }) => start < now).map(({ start, end }) => ({ start, end: Math.min(end, now) }));
}

testProp(
  'whatever the holes, the picture returns to the live edge and never goes back',
  [weather],
  (t, stretches) => {
    const spans: Range[] = [];
    let at = 0;
    for (const { media, hole } of stretches) {
      spans.push({ start: at, end: at + media });
      at += media + hole;
    }
    spans.push({ start: at, end: Infinity });
    const step = 0.05;
    let [time, rate] = [0, 1];
    const until = at + 30;
    for (let now = 0; now < until; now += step) {
      const ranges = arrived(spans, now);
      const before = time;
      const move = nextMove({ time, rate, ranges, cushion: 0.35 });
      if (move.type === 'seek') {
        t.true(
          ranges.some(({ start, end }) => move.to >= start && move.to <= end),
          'it lands on media',
        );
        time = move.to;
      } else rate = move.rate;
      const current = ranges.find(({ start, end }) => time >= start && time < end);
      if (current !== undefined) time = Math.min(current.end, time + step * rate);
      t.true(time >= before, 'it never goes back');
      t.true(
        current === undefined || now - time <= MAX_BEHIND + 0.35 + step || ranges.length > 1 || now < 1,
        'it keeps up',
      );
    }
    t.true(until - time < 1, `${until - time} s behind after half a minute of calm`);
  },
  { numRuns: 200 },
);

test('a cushion grows with each stall and shrinks in calm, within bounds', (t) => {
  const cushion = new Cushion(0);
  const first = cushion.seconds;
  for (let i = 0; i < 20; i++) cushion.stalled(i);
  t.is(cushion.seconds, 2);
  cushion.calm(20);
  t.is(cushion.seconds, 2, 'not at once');
  for (let i = 1; i < 100; i++) cushion.calm(i * 20_000);
  t.is(cushion.seconds, first);
});

test('old media goes in portions', (t) => {
  t.is(trimBefore(100, [{ start: 66, end: 101 }], 30), null);
  t.is(trimBefore(100, [{ start: 64, end: 101 }], 30), 70);
  t.is(trimBefore(100, [], 30), null);
});

testProp(
  'the source clock is never ahead of the truth by more than the clocks differ, and as near as the fastest message',
  [fc.array(fc.nat(500), { minLength: 1, maxLength: 400 }), fc.integer({ min: -1e9, max: 1e9 })],
  (t, delays, offset) => {
    const clock = new SourceClock();
    t.is(clock.now(0), null);
    for (const [i, delay] of delays.entries()) clock.observe(i * 100_000, i * 100 + delay + offset);
    const end = delays.length * 100;
    t.is(clock.now(end + offset), end * 1_000 - Math.min(...delays.slice(-300)) * 1_000);
  },
);

test('distance: the picture belongs to the moment of its fragment', (t) => {
  const timeline = new Timeline();
  t.is(timeline.sourceTimeAt(1), null);
  timeline.mark(10, 50_000_000);
  timeline.mark(10, 99_000_000);
  timeline.mark(11, 53_000_000);
  t.is(timeline.sourceTimeAt(9.5), 49_500_000);
  t.is(timeline.sourceTimeAt(10.25), 52_250_000);
  t.is(timeline.sourceTimeAt(12), 54_000_000);
});

testProp(
  'fragments: every number is received or missing, and nothing undecodable passes',
  [fc.array(fc.tuple(fc.nat(60), fc.boolean()), { maxLength: 80 })],
  (t, arrivals) => {
    const count = new FragmentCount();
    let last: number | null = null;
    let [first, previous] = [null as number | null, null as number | null];
    for (const [fragment, keyframe] of arrivals) {
      const verdict = count.accept(fragment, keyframe);
      t.is(verdict === 'known', last !== null && fragment <= last);
      if (verdict === 'known') continue;
      if (verdict === 'append' && !keyframe) t.is(previous, fragment - 1, 'a decoder goes on only without a gap');
      previous = verdict === 'append' ? fragment : null;
      first ??= fragment;
      last = fragment;
    }
    t.is(count.received + count.missing, first === null || last === null ? 0 : last - first + 1);
  },
);

const junk = fc.oneof(
  fc.anything(),
  fc.json().map((text): unknown => JSON.parse(text)),
);

testProp(
  'whatever a node answers, the page draws it or leaves it',
  [
    junk,
    junk,
    fc.record({ uuid: fc.string(), streams: junk }),
    fc.array(
      fc.record({
        stream: fc.constant('s'),
        source: fc.constantFrom('a', 'b', 1),
        destination: fc.constantFrom('a', 'c'),
        substream: fc.anything(),
        state: fc.anything(),
      }),
    ),
  ],
  (t, node, tickets, me, rows) => {
    t.notThrows(() => overlayOf(node, tickets, 's'));
    const overlay = overlayOf({ node: { ...me, uuid: 'a' } }, { tickets: rows }, 's');
    t.true(overlay === null || overlay.substreams.length <= 32);
  },
);

test('one word for the state of the player', (t) => {
  const signs = {
    connected: true,
    supported: true,
    stream: 'live' as const,
    blocked: false,
    held: false,
    everPlayed: true,
    stillMs: 0,
  };
  t.is(stateOf(signs), 'playing');
  t.is(stateOf({ ...signs, connected: false }), 'playing', 'what is buffered still plays');
  t.is(stateOf({ ...signs, stillMs: 1e3 }), 'bridging');
  t.is(stateOf({ ...signs, stillMs: 1e3, connected: false }), 'bridging');
  t.is(stateOf({ ...signs, stillMs: 1e3, stream: 'waiting' }), 'waiting');
  t.is(stateOf({ ...signs, stillMs: 1e3, stream: 'ended', connected: false }), 'ended');
  t.is(stateOf({ ...signs, everPlayed: false }), 'starting');
  t.is(stateOf({ ...signs, everPlayed: false, connected: false }), 'connecting');
  t.is(stateOf({ ...signs, held: true }), 'paused');
  t.is(stateOf({ ...signs, blocked: true }), 'blocked');
  t.is(stateOf({ ...signs, supported: false }), 'unsupported');
});
