import { fc, test, testProp } from '@fast-check/ava';
import type { ChunkEvent, ProviderEvent, TicketEvent } from '../../core/trace.js';
import { NEVER, SECOND } from '../../core/units.js';
import { greedySchedule, rateBound } from '../../sim/metrics/bounds.js';
import { Histogram } from '../../sim/metrics/histogram.js';
import { Metrics } from '../../sim/metrics/metrics.js';
import { summarise, type MetricTree } from '../../sim/metrics/summary.js';

const CHUNK = 100_000;
const LAG = 2_500_000;
const DEADLINE = 3 * SECOND;
const SIZE = 1000;

function chunk(change: ChunkEvent['change'], seq: number, more: Partial<ChunkEvent> = {}): ChunkEvent {
  const keyframe = seq % 10 === 0;
  return {
    type: 'chunk',
    change,
    stream: 's',
    epoch: 1,
    seq,
    sub: seq % 4,
    peer: null,
    depth: 0,
    size: SIZE,
    keyframe,
    sourceTime: 0,
    why: 'push',
    ...more,
  };
}

function ticket(from: TicketEvent['from'], to: TicketEvent['to'], more: Partial<TicketEvent> = {}): TicketEvent {
  return {
    type: 'ticket',
    ticket: 1,
    stream: 's',
    sub: 0,
    provider: 'p',
    consumer: 'v',
    incarnation: 1,
    generation: 1,
    from,
    to,
    why: 'confirmed',
    expires: 0,
    bitrate: 1,
    ...more,
  };
}

function provider(change: ProviderEvent['change'], more: Partial<ProviderEvent> = {}): ProviderEvent {
  return { type: 'provider', change, stream: 's', sub: 0, provider: 'q', by: null, why: 'silent', gap: 0, ...more };
}

function setUp(): Metrics {
  const metrics = new Metrics({
    bitrate: 80_000,
    chunkTime: CHUNK,
    deadline: DEADLINE,
    targetLag: LAG,
    chunksPerSecond: 10,
  });
  metrics.nodeUp(0, { id: 'p', kind: 'publisher', uplink: 800_000, region: 0 });
  return metrics;
}

function join(metrics: Metrics, at: number, id = 'v', region = 0): void {
  metrics.nodeUp(at, { id, kind: 'viewer', uplink: 160_000, region });
  metrics.watched(at, id);
}

/** Publishes a chunk every 100 ms until `until`; `each` tells what else happens after it. */
function stream(metrics: Metrics, until: number, each: (seq: number, at: number) => void): void {
  for (let seq = 0; seq * CHUNK < until; seq++) {
    metrics.observe(seq * CHUNK, 'p', chunk('published', seq));
    each(seq, seq * CHUNK);
  }
}

function figures(metrics: Metrics, duration: number, viewers = 1): MetricTree {
  metrics.finish(duration);
  return summarise(metrics, {
    traffic: {
      of: () => ({ controlBytes: 50, headerBytes: 20, payloadBytes: 5000, messages: 5 }),
      uplinkWait: () => 2000,
    },
    plant: { uplinks: [800_000, 160_000], helpers: 0, latency: () => 10_000 },
    viewers,
    duration,
  });
}

function get(tree: MetricTree, name: string): unknown {
  return name.split('.').reduce<unknown>((found, part) => (found as MetricTree)[part], tree);
}

/** A viewer whose chunks arrive 50 ms after they are published and are shown when due, except those `lost`. */
function watch(metrics: Metrics, seq: number, at: number, lost: (seq: number) => boolean, first = 0): void {
  if (!lost(seq)) metrics.observe(at + 50, 'v', chunk('received', seq, { peer: 'p', depth: 1 }));
  const shown = seq - LAG / CHUNK;
  if (shown < first) return;
  metrics.observe(
    at + 60,
    'v',
    chunk(lost(shown) ? 'missed' : 'played', shown, { size: lost(shown) ? 0 : SIZE, keyframe: shown % 10 === 0 }),
  );
}

test('a viewer that gets everything has continuity 1, and its start is when it is shown the first chunk', (t) => {
  const metrics = setUp();
  join(metrics, 0);
  stream(metrics, 20 * SECOND, (seq, at) => watch(metrics, seq, at, () => false));
  const tree = figures(metrics, 20 * SECOND);
  for (const name of [
    'continuity.mean',
    'continuity.min',
    'continuity.decodable',
    'continuityAt.1000',
    'continuityAt.10000',
    'lossFree',
  ]) {
    t.is(get(tree, name), 1, name);
  }
  t.is(get(tree, 'startupMs.p50'), 2500.06);
  t.is(get(tree, 'stall.count'), 0);
  t.is(get(tree, 'depth.max'), 1);
  t.is(get(tree, 'sameRegion'), 1);
  t.is(get(tree, 'bound.rate'), 1);
  t.is(get(tree, 'resourceIndex'), 12);
  const session = metrics.sessions[1];
  t.is(session?.due[metrics.arrivals.own], 171, 'chunks 0 to 170 were due within the run');
});

test('a missing chunk counts once, breaks its group of pictures, and is a stall of one chunk time', (t) => {
  const metrics = setUp();
  join(metrics, 0);
  stream(metrics, 20 * SECOND, (seq, at) => watch(metrics, seq, at, (each) => each === 105));
  const tree = figures(metrics, 20 * SECOND);
  t.is(get(tree, 'continuity.mean'), Number((170 / 171).toPrecision(9)));
  t.is(get(tree, 'continuity.decodable'), Number((166 / 171).toPrecision(9)), '105 to 109 cannot be decoded');
  t.deepEqual([get(tree, 'stall.count'), get(tree, 'stall.ms'), get(tree, 'lossFree')], [1, 100, 0]);
});

test('a start that is followed by a miss within 5 s is none, but what was missed counts', (t) => {
  const metrics = setUp();
  join(metrics, 0);
  stream(metrics, 20 * SECOND, (seq, at) => watch(metrics, seq, at, (each) => each === 15));
  const tree = figures(metrics, 20 * SECOND);
  t.is(get(tree, 'startupMs.p50'), 4500.06, 'the keyframe after the miss');
  t.is(get(tree, 'continuity.mean'), Number((170 / 171).toPrecision(9)));
});

test('a viewer that never starts has continuity 0 and an endless start-up, unless nothing was due to it', (t) => {
  const metrics = setUp();
  join(metrics, 0, 'v');
  stream(metrics, 10 * SECOND, (seq, at) => {
    if (seq === 50) join(metrics, at, 'brief');
    if (seq === 51) metrics.ended(at, 'brief', 'left');
  });
  const tree = figures(metrics, 10 * SECOND);
  t.is(get(tree, 'continuity.mean'), 0);
  t.is(get(tree, 'startupMs.p50'), null);
  t.deepEqual(get(tree, 'viewers'), { total: 2, scored: 1, started: 0 });
});

test('the death of a provider: detection, recovery by pull, repair by push, and the gap it left', (t) => {
  const metrics = setUp();
  join(metrics, 0);
  metrics.nodeUp(0, { id: 'q', kind: 'viewer', uplink: 1, region: 1 });
  metrics.observe(10, 'v', ticket(null, 'active', { provider: 'q' }));
  const death = 10 * SECOND;
  const lost = (seq: number): boolean => seq === 104;
  stream(metrics, 25 * SECOND, (seq, at) => {
    if (at === death) {
      metrics.ended(at, 'q', 'crashed');
      metrics.observe(at + 300_000, 'v', provider('suspected'));
    } else if (seq % 4 !== 0 || at < death) watch(metrics, seq, at, lost);
    else if (at < death + 2 * SECOND) {
      if (!lost(seq)) metrics.observe(at + 50, 'v', chunk('repaired', seq, { peer: 'x', depth: 2 }));
      watch(metrics, seq, at, () => true);
    } else watch(metrics, seq, at, lost);
  });
  metrics.observe(25 * SECOND, 'v', provider('replaced', { by: 'p', why: 'silent' }));
  const tree = figures(metrics, 25 * SECOND);
  const near = (name: string, wanted: number): void => {
    const value = get(tree, name) as number;
    t.true(Math.abs(value - wanted) <= wanted * 0.01, `${name} is ${value}, not ${wanted}`);
  };
  near('detectMs.p50', 300);
  near('recoverMs.p50', 800.05);
  near('repairMs.p50', 2000.05);
  t.true((get(tree, 'gapMs.p50') as number) >= 99);
  t.true((get(tree, 'switch.forced') as number) > 0);
  t.is(get(tree, 'switch.spurious'), 0);
  t.is(get(tree, 'falseDetections'), 0);
});

test('to give up a provider that lives is a false detection and a spurious switch', (t) => {
  const metrics = setUp();
  join(metrics, 0);
  metrics.nodeUp(0, { id: 'q', kind: 'viewer', uplink: 1, region: 1 });
  metrics.observe(10, 'v', provider('lost'));
  metrics.observe(20, 'v', provider('replaced', { by: 'p' }));
  const tree = figures(metrics, 3600 * SECOND);
  t.is(get(tree, 'falseDetections'), 1);
  t.is(get(tree, 'switch.spurious'), Number((1 / 60).toPrecision(9)));
});

type Step = readonly [
  node: 'a' | 'b' | 'c',
  what: 'supernode' | 'ordinary' | 'left' | 'crashed' | 'again',
  pause: number,
];

testProp(
  'supernodes are those who took the role and still have it, whoever comes and goes',
  [
    fc.array(
      fc.tuple(
        fc.constantFrom('a', 'b', 'c'),
        fc.constantFrom('supernode', 'ordinary', 'left', 'crashed', 'again'),
        fc.integer({ min: 0, max: 5 }),
      ) as fc.Arbitrary<Step>,
    ),
  ],
  (t, steps) => {
    const metrics = setUp();
    for (const id of ['a', 'b', 'c']) join(metrics, 0, id);
    const model = new Set<string>();
    const gone = new Set<string>();
    let now = 0;
    let [time, most] = [0, 0];
    for (const [node, what, pause] of steps) {
      if (what === 'again') {
        if (gone.delete(node)) join(metrics, now, node);
      } else if (what === 'left' || what === 'crashed') {
        metrics.ended(now, node, what);
        model.delete(node);
        gone.add(node);
      } else if (!gone.has(node)) {
        metrics.observe(now, node, { type: 'role', role: what, why: 'capacity' });
        if (what === 'supernode') model.add(node);
        else model.delete(node);
      }
      most = Math.max(most, model.size);
      time += model.size * pause * SECOND;
      now += pause * SECOND;
    }
    const tree = figures(metrics, now + SECOND);
    t.is(get(tree, 'supernodes.max'), most);
    t.is(get(tree, 'supernodes.mean'), Number(((time + model.size * SECOND) / (now + SECOND)).toPrecision(9)));
  },
);

test('the overhead of supernodes is about those who ever were one', (t) => {
  const tree = (...supernodes: string[]) => {
    const metrics = setUp();
    join(metrics, 0);
    join(metrics, 0, 'w');
    for (const node of supernodes) metrics.observe(0, node, { type: 'role', role: 'supernode', why: 'capacity' });
    stream(metrics, 10 * SECOND, (seq, at) => {
      metrics.observe(at, 'v', chunk('received', seq, { peer: 'p' }));
      if (seq < 50) metrics.observe(at, 'w', chunk('received', seq, { peer: 'p' }));
    });
    return figures(metrics, 10 * SECOND, 2);
  };
  t.is(get(tree(), 'overhead.supernodeMax'), null);
  t.is(get(tree('v'), 'overhead.supernodeMax'), 50 / 100_000);
  t.is(get(tree('v', 'w'), 'overhead.supernodeMax'), 50 / 50_000);
  t.is(get(tree('p'), 'overhead.supernodeMax'), null, 'the publisher receives no media');
});

test('what the publisher and leavers send is no offload', (t) => {
  const metrics = setUp();
  join(metrics, 0);
  join(metrics, 0, 'w');
  stream(metrics, 10 * SECOND, (seq, at) => {
    metrics.observe(at, 'p', chunk('forwarded', seq, { peer: 'v' }));
    metrics.observe(at, 'v', chunk('forwarded', seq, { peer: 'w' }));
    watch(metrics, seq, at, () => false);
  });
  metrics.ended(10 * SECOND, 'v', 'left');
  metrics.observe(10 * SECOND, 'v', chunk('forwarded', 99, { peer: 'w' }));
  const tree = figures(metrics, 10 * SECOND, 2);
  t.is(get(tree, 'offload'), Number((1 - 101 / 71).toPrecision(9)));
});

testProp(
  'continuity from the ring is that of a log of all arrivals',
  [
    fc.array(fc.option(fc.integer({ min: 0, max: 14_000_000 }), { freq: 4 }), { minLength: 30, maxLength: 250 }),
    fc.integer({ min: 0, max: 12_000_000 }),
    fc.integer({ min: 1, max: 30_000_000 }),
  ],
  (t, lags, joined, stay) => {
    const metrics = setUp();
    const end = joined + stay;
    const events = lags.flatMap((lag, seq) => {
      const at = seq * CHUNK;
      const all = [{ at, run: (): void => metrics.observe(at, 'p', chunk('published', seq)) }];
      if (lag === null) return all;
      const due = at + LAG;
      if (at + lag >= joined)
        all.push({ at: at + lag, run: () => metrics.observe(at + lag, 'v', chunk('received', seq, { peer: 'p' })) });
      if (lag <= LAG && due >= joined)
        all.push({ at: due, run: () => metrics.observe(due, 'v', chunk('played', seq)) });
      return all;
    });
    // First among equals: who joins at the moment of an arrival has it.
    events.unshift({ at: joined, run: () => join(metrics, joined) });
    for (const event of events.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)) event.run();
    metrics.finish(end);
    const session = metrics.sessions[1]!;
    const first = lags.findIndex((lag, seq) => {
      return (
        lag !== null && lag <= LAG && seq * CHUNK + LAG >= joined && seq * CHUNK + LAG <= end && seq * CHUNK <= end
      );
    });
    metrics.arrivals.deadlines.forEach((deadline, index) => {
      let [due, onTime] = [0, 0];
      lags.forEach((lag, seq) => {
        const at = seq * CHUNK;
        if (first < 0 || seq < first || at + deadline > end) return;
        due++;
        if (lag !== null && lag <= deadline && at + lag >= joined) onTime++;
      });
      t.deepEqual([session.due[index], session.onTime[index]], [due, onTime], `deadline ${deadline}`);
    });
    t.is(session.endedAt, NEVER);
  },
);

testProp(
  'percentiles of the histogram are within 0.8 % of the exact ones',
  [fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1 }), fc.double({ min: 0.01, max: 1, noNaN: true })],
  (t, values, share) => {
    const histogram = new Histogram();
    for (const value of values) histogram.add(value);
    const exact = values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * values.length)) - 1]!;
    t.true(Math.abs(histogram.percentile(share)! - exact) <= 0.008 * exact + 0.5);
  },
);

test('percentiles of nothing and of what never came', (t) => {
  const histogram = new Histogram();
  t.is(histogram.percentile(0.5), null);
  histogram.add(5);
  histogram.add(Infinity);
  t.deepEqual([histogram.percentile(0.5), histogram.percentile(0.95)], [5, Infinity]);
});

test('bounds: the rate that the uplinks allow, and the greedy schedule where it is known', (t) => {
  t.is(rateBound({ uplinks: [10, 4, 6] }, 10, 2), 1);
  t.is(rateBound({ uplinks: [10, 5] }, 10, 3), 0.5);
  t.is(rateBound({ uplinks: [1, 500] }, 10, 2), 0.5);
  t.is(rateBound({ uplinks: [2, 2, 9, 9, 9, 9], unreachable: new Set([2, 3, 4, 5]) }, 5, 2), 0.5);
  t.is(rateBound({ uplinks: [2, 2, 9, 9, 9, 9], unreachable: new Set([5]) }, 5, 2), 1);
  const doubling = greedySchedule({ uplinks: new Array<number>(8).fill(8000), latency: () => 0 }, 1000);
  t.deepEqual(
    doubling.toSorted((a, b) => a - b),
    [1, 2, 2, 3, 3, 3, 3].map((each) => each * SECOND),
  );
  const star = greedySchedule({ uplinks: [8000, 0, 0, 0], latency: () => 5 }, 1000);
  t.deepEqual(
    star.toSorted((a, b) => a - b),
    [1, 2, 3].map((each) => each * SECOND + 5),
  );
});
