import test from 'ava';
import { ASTRAL, PROTOCOLS } from '../../experiments/protocols.js';
import { createAstral2011 } from '../../experiments/rivals/astral-2011/contender.js';
import { loadScenario, type JsonObject } from '../../sim/scenario.js';
import { simulate, type Contender, type SimDocument } from '../../sim/simulate.js';

function run<M extends { readonly type: string }>(
  contender: Contender<M>,
  file: JsonObject,
  seed: number,
  trace: (node: string, type: string) => void = () => {},
): SimDocument {
  const loaded = loadScenario({ name: 'hardship', viewers: 12, duration: '60s', ramp: '10s', ...file });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return simulate(loaded.scenario, {
    ...contender,
    seed,
    check: 'all',
    trace: (_at, node, { type }) => trace(node, type),
  }).document;
}

/** The invariants that a run broke. */
function broken({ checks }: SimDocument): string[] {
  return Object.entries(checks).flatMap(([name, { verdict }]) => (verdict === 'violated' ? [name] : []));
}

const shipped = createAstral2011(1);
const visit = (at: string, more: JsonObject = {}): JsonObject => ({ at, uplink: '20Mbit', ...more });

/** Its line is slow, so another node is there before it and becomes the supernode. */
const LATE_PUBLISHER: JsonObject = { uplink: { model: 'factor', value: 2 }, region: 'europe' };

const HARDSHIPS: Readonly<Record<string, { readonly file: JsonObject; readonly breaks: readonly string[] }>> = {
  'a publisher that refuses nobody': {
    file: {
      publisher: LATE_PUBLISHER,
      arrivals: {
        model: 'trace',
        visits: ['0s', '10s', '15s', '20s', '25s', '30s', '35s', '40s'].map((at) => visit(at, { region: 'europe' })),
      },
    },
    breaks: ['S3', 'S6', 'S7', 'S10', 'S13', 'L1', 'L2', 'L5'],
  },
  'a supernode that dies': {
    file: {
      duration: '90s',
      publisher: LATE_PUBLISHER,
      arrivals: { model: 'trace', visits: ['0s', '10s', '15s'].map((at) => visit(at, { region: 'europe' })) },
      faults: [{ at: '30s', kind: 'crash', target: 'v1' }],
    },
    breaks: ['S11', 'L5'],
  },
  'viewers that come while the web app is away': {
    file: {
      viewers: 10,
      duration: '100s',
      faults: [{ at: '0s', kind: 'restart', target: 'directory', for: '15s' }],
    },
    breaks: ['S12'],
  },
  'a partition that heals': {
    file: { duration: '80s', faults: [{ at: '30s', kind: 'partition', target: 'viewer', param: 0.5, for: '25s' }] },
    breaks: ['L7', 'S7', 'S10'],
  },
  'a publisher that stands still for a moment': {
    file: { faults: [{ at: '12s', kind: 'pause', target: 'publisher', for: '4s' }] },
    breaks: ['S13'],
  },
  'a publisher that starts anew while viewers come': {
    file: { ramp: '50s', faults: [{ at: '25s', kind: 'restart', target: 'publisher', for: '1s' }] },
    breaks: ['S2', 'L2'],
  },
};

for (const [name, { file, breaks }] of Object.entries(HARDSHIPS)) {
  test(`${name}: breaks ${breaks.join(', ')} in 2011, and nothing today`, (t) => {
    for (const seed of [1, 2, 3]) {
      const document = run(shipped, file, seed);
      const found = broken(document);
      t.deepEqual(
        breaks.filter((invariant) => !found.includes(invariant)),
        [],
        `seed ${seed}: ${found.join(' ')}`,
      );
      t.false(found.includes('S25'), 'no machine throws');
      t.deepEqual(broken(run(ASTRAL, file, seed)), [], `astral, seed ${seed}`);
    }
  });
}

/** Two supernodes, a, b, c one after the other, and the publisher far from all of them; one way, ms. */
const LINE = {
  places: ['supernodes', 'a', 'b', 'c', 'far'],
  ms: [
    [1, 12, 4, 5, 50],
    [12, 1, 13, 14, 50],
    [4, 13, 1, 4, 50],
    [5, 14, 4, 1, 50],
    [50, 50, 50, 50, 1],
  ],
};

test('b lives off a and c off b; when a leaves, b takes a ticket of c: a ring', (t) => {
  const file: JsonObject = {
    duration: '90s',
    network: { latency: LINE, loss: 0, lastMile: false },
    publisher: { ...LATE_PUBLISHER, region: 'far' },
    arrivals: {
      model: 'trace',
      visits: [
        visit('0s', { region: 'supernodes' }),
        visit('0s', { region: 'supernodes' }),
        visit('10s', { region: 'a', leaves: '70s', how: 'leave' }),
        visit('25s', { region: 'b' }),
        visit('45s', { region: 'c' }),
      ],
    },
    faults: [{ at: '49s', kind: 'crash', target: 'v2' }],
  };
  const document = run(createAstral2011(2), file, 1);
  const cycle = document.violations.find(({ invariant }) => invariant === 'S1');
  t.deepEqual(cycle?.nodes, ['v5', 'v4']);
  t.deepEqual(
    ['S24', 'L9'].filter((invariant) => !broken(document).includes(invariant)),
    [],
  );
  t.false(broken(run(shipped, file, 1)).includes('S1'), 'with the limit as shipped who forwards does not fail over');
  t.deepEqual(broken(run(ASTRAL, file, 1)), []);
});

test('after a day offers are held and tickets served as before', (t) => {
  const file: JsonObject = {
    stream: {
      bitrate: '8kbit',
      chunkTime: '10s',
      keyframeEvery: '10s',
      keyframeFactor: 1,
      targetLag: '12s',
      deadline: '13s',
    },
    publisher: { ...LATE_PUBLISHER, uplink: { model: 'fixed', rate: '1Mbit' } },
    arrivals: {
      model: 'trace',
      visits: ['0s', '10s', '15s', '20s', '25s'].map((at) => visit(at, { region: 'europe' })),
    },
  };
  const { violations } = run(shipped, { ...file, duration: '25h' }, 1);
  const told = (invariant: string, text: RegExp): boolean =>
    violations.some((each) => each.invariant === invariant && text.test(each.detail));
  t.true(told('S4', /beyond its time to live/));
  t.true(told('S7', /ms after the lease/));
  // What takes a day here takes seconds there.
  t.deepEqual(broken(run(ASTRAL, { ...file, duration: '5m' }, 1)), []);
});

test('a run repeats, shows its tickets, and is never deeper than the publisher', (t) => {
  const file = { sessions: { model: 'exponential', mean: '30s' } };
  const [first, second] = [run(shipped, file, 5), run(shipped, file, 5)];
  t.is(first.digest, second.digest);
  t.not(first.digest, run(shipped, file, 6).digest);
  const tellers = new Set<string>();
  run(shipped, file, 5, (node, type) => {
    if (type === 'ticket') tellers.add(node);
  });
  t.true(tellers.has('publisher') && tellers.size > 2);
  t.is((first.metrics['depth'] as { max: number }).max, 1, 'the second hop is told a dead port');
  t.is(run(ASTRAL, file, 5).checks['S13']?.verdict, 'held', 'nodes leave the directory of astral, too, in another way');
  t.deepEqual(
    [...PROTOCOLS.values()].filter(({ flawed }) => flawed).map(({ name }) => name),
    ['astral-2011'],
  );
});
