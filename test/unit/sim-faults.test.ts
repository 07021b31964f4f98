import { fc, test, testProp } from '@fast-check/ava';
import { createRng } from '../../core/rng.js';
import { MS, SECOND } from '../../core/units.js';
import { applyFaults, FAULTS, validateFaults, type Fault, type FaultKind } from '../../sim/faults.js';
import type { View } from '../../core/view.js';
import { countDescendants, select } from '../../sim/targets.js';
import { messages, unleash, verbs } from './fault-stage.js';
import { LATENCY, Stage } from './sim-stage.js';

test('a fault plan strikes, heals and restarts as written', (t) => {
  const stage = new Stage('abcdefgh');
  const { world } = stage;
  const plan: Fault[] = [
    { at: SECOND, kind: 'restart', target: 'viewers', param: 0.5, for: SECOND },
    { at: 4 * SECOND, kind: 'partition', target: 'a', param: null, for: SECOND },
    { at: 6 * SECOND, kind: 'leave', target: 'h', param: null, for: null },
    { at: 7 * SECOND, kind: 'crash', target: 'g', param: null, for: null },
    { at: 8 * SECOND, kind: 'restart', target: 'b', param: null, for: null },
    { at: 9 * SECOND, kind: 'partition', target: 'b', param: null, for: null },
  ];
  t.deepEqual(validateFaults(plan), []);
  applyFaults(plan, {
    rules: world.network.rules,
    rng: createRng('faults'),
    schedule: (at, action) => world.schedule(at, action),
    targets: (word) => (word === 'viewers' ? 'cdefgh'.split('') : [word]),
    crash: (id) => world.crash(id),
    restart: (id) => world.restart(id, () => stage.machine(id)),
    leave: (id) => world.remove(id),
    ...verbs(stage),
  });
  const down = () => world.nodes.filter((node) => node.state !== 'running').map((node) => `${node.id} ${node.state}`);
  const cut = (from: string, to: string) => world.network.blocked(from, to) && world.network.blocked(to, from);
  stage.run(1.5 * SECOND);
  t.is(down().length, 3);
  stage.run(1 * SECOND);
  t.is(down().length, 0);
  stage.run(2 * SECOND);
  t.true(cut('a', 'b') && cut('c', 'a') && !world.network.blocked('c', 'b'));
  stage.run(1 * SECOND);
  t.false(world.network.blocked('a', 'b'));
  stage.run(4 * SECOND);
  t.deepEqual(down(), ['g crashed', 'h removed']);
  t.is(world.node('b').startedAt, 8 * SECOND);
  t.true(cut('b', 'a'));
});

test('a node that is paused handles nothing; then all that came, in the order in which it came, its timer included', (t) => {
  const stage = new Stage('ab');
  stage.connect('a', 'b');
  const b = stage.puppet('b');
  unleash(stage, { for: SECOND });
  b.deadline = { at: 1_500 * MS, why: 'test' };
  stage.order('b', () => {});
  stage.run(100 * MS);
  stage.order('b', (effects) => effects.send('a', { type: 'control', n: 0, bytes: 100 }));
  stage.send('a', 'b', 1);
  stage.run(300 * MS);
  stage.send('a', 'b', 2);
  stage.run(200 * MS);
  stage.send('a', 'b', 3);
  stage.order('b', (effects) => effects.send('a', { type: 'control', n: 4, bytes: 100 }));
  stage.disconnect('a', 'b', 'leaving');
  stage.run(300 * MS);
  t.deepEqual(b.lines, ['a up: accepted']);
  stage.run(SECOND);
  t.deepEqual(
    b.log.slice(1),
    ['control 1 from a', 'control 2 from a', 'wake', 'control 3 from a', 'a down: leaving'].map((what) => [
      2_000 * MS,
      what,
    ]),
  );
  t.deepEqual(messages(stage, 'a'), [], 'it had nothing to say before, and nobody to say it to after');
});

test('pauses nest, a dial waits for the end or gives up, and a crash ends them', (t) => {
  const stage = new Stage('abcd');
  unleash(
    stage,
    { for: SECOND },
    { at: 1_500 * MS, for: 2 * SECOND },
    { target: 'c', for: 20 * SECOND },
    { at: 3 * SECOND, target: 'c', kind: 'crash' },
  );
  stage.run(1_100 * MS);
  stage.order('a', (effects) => {
    effects.connect({ node: 'b', address: 'sim:b' });
    effects.connect({ node: 'c', address: 'sim:c' });
  });
  stage.run(1_900 * MS);
  t.deepEqual(stage.lines('a'), []);
  stage.run(10 * SECOND);
  t.deepEqual(stage.lines('a'), ['b up: dialled', 'dial sim:c: timeout']);
  t.true(stage.puppet('b').log[0]![0] >= 3_500 * MS);
  t.false(stage.world.network.pauses.any);
});

test('what a paused node does not read fills the socket of the sender', (t) => {
  const stage = new Stage('ab');
  stage.connect('a', 'b');
  unleash(stage, { for: 30 * SECOND });
  stage.run(100 * MS);
  for (let n = 0; n < 20; n++) stage.send('a', 'b', n, 'chunk', 20_000);
  stage.run(SECOND);
  t.deepEqual(stage.lines('a').slice(1), ['b congested: full']);
  stage.run(40 * SECOND);
  t.deepEqual(stage.lines('a').slice(2), ['b writable: drained']);
  t.is(stage.lines('b').length, 21);
});

test('a dial knocks again: it gets through to a node that comes back, or out of a partition that heals, in time', (t) => {
  const stage = new Stage('abc');
  stage.world.crash('b');
  stage.world.network.rules.add('cut', (_from, to) => (to === 'c' ? 'drop' : null));
  stage.order('a', (effects) => {
    effects.connect({ node: 'b', address: 'sim:b' });
    effects.connect({ node: 'c', address: 'sim:c' });
  });
  stage.run(2_500 * MS);
  stage.world.restart('b', () => stage.machine('b'));
  stage.run(600 * MS);
  stage.world.network.rules.remove('cut');
  stage.run(10 * SECOND);
  t.deepEqual(stage.puppet('a').log, [
    [3_400 * MS, 'b up: dialled'],
    [5 * SECOND, 'dial sim:c: timeout'],
  ]);
});

test('half open: connections go dead, neither end is told, new ones can be made', (t) => {
  const stage = new Stage('abc');
  stage.connect('a', 'b');
  stage.connect('c', 'b');
  unleash(stage, { kind: 'half-open', at: 3 * SECOND });
  stage.run(2 * SECOND);
  stage.send('a', 'b', 1);
  stage.order('c', (effects) => effects.connect({ node: 'b', address: 'sim:b' }));
  stage.run(2 * SECOND);
  stage.send('c', 'b', 2);
  stage.run(30 * SECOND);
  t.deepEqual(stage.lines('a').slice(1), ['b down: timeout']);
  t.deepEqual(stage.lines('c').slice(1), ['b down: replaced', 'b up: dialled']);
  t.deepEqual(
    messages(stage, 'b').map(([, what]) => what),
    ['control 2 from c'],
  );
});

test('one way: the node hears and is not heard', (t) => {
  const stage = new Stage('ab');
  stage.connect('a', 'b');
  const { noted } = unleash(stage, { kind: 'one-way', for: 5 * SECOND });
  stage.run(100 * MS);
  stage.send('a', 'b', 1);
  stage.send('b', 'a', 2);
  stage.run(2 * SECOND);
  t.deepEqual([messages(stage, 'a').length, messages(stage, 'b').length], [0, 1]);
  stage.run(5 * SECOND);
  t.deepEqual([messages(stage, 'a').length, messages(stage, 'b').length], [1, 1]);
  t.deepEqual(noted, ['one-way begin b', 'one-way end b']);
});

test('clogged nodes hear nobody, each other neither; afterwards all that was sent arrives in order', (t) => {
  const stage = new Stage('abc');
  stage.connect('a', 'b');
  stage.connect('b', 'c');
  unleash(stage, { kind: 'clog', at: 3 * SECOND, target: 'all', for: 2 * SECOND });
  stage.run(1_100 * MS);
  for (let n = 0; n < 3; n++) {
    stage.send('a', 'b', n);
    stage.send('c', 'b', n);
  }
  stage.run(1_500 * MS);
  t.deepEqual(messages(stage, 'b'), []);
  stage.run(2 * SECOND);
  for (const from of ['a', 'c']) {
    const heard = messages(stage, 'b').filter(([, what]) => what.endsWith(from));
    t.deepEqual(
      heard.map(([, what]) => what),
      [0, 1, 2].map((n) => `control ${n} from ${from}`),
    );
  }
});

test('latency adds up, both ways, and goes away again', (t) => {
  const stage = new Stage('abc');
  stage.connect('a', 'b');
  unleash(
    stage,
    { kind: 'latency', param: 100, for: 3 * SECOND },
    { kind: 'latency', target: 'a', param: 50, for: 2 * SECOND },
  );
  for (let n = 0; n < 3; n++) {
    stage.run(n === 0 ? 10 * MS : 0);
    stage.send('a', 'b', n, 'control', 1);
    stage.run(2 * SECOND);
  }
  const took = messages(stage, 'b').map(([at], n) => Math.round(at - 1_010 - n * 2_000));
  t.deepEqual(
    took,
    [150, 100, 0].map((extra) => LATENCY / MS + extra),
  );
});

test('a slow uplink sends at its share of the rate, then at the whole again', (t) => {
  const stage = new Stage('ab', {}, { up: 8e6, down: 1e9 });
  stage.connect('a', 'b');
  unleash(
    stage,
    { kind: 'slow-uplink', target: 'a', param: 0.25, for: 2 * SECOND },
    { kind: 'slow-uplink', target: 'a', param: 0.5, for: SECOND },
  );
  for (const wait of [10, 1_500, 1_500]) {
    stage.run(wait * MS);
    stage.send('a', 'b', 0, 'chunk', 12_500);
  }
  stage.run(SECOND);
  const took = messages(stage, 'b').map(([at], n) => Math.round(at - [1_010, 2_510, 4_010][n]!));
  t.deepEqual(
    took,
    [100, 50, 12.5].map((time) => Math.round(time + LATENCY / MS)),
  );
});

test('loss of one line delays what passes it and nothing else', (t) => {
  const stage = new Stage('abcd');
  stage.connect('a', 'b');
  stage.connect('c', 'd');
  unleash(stage, { kind: 'loss', param: 0.3, for: 100 * SECOND });
  stage.run(10 * MS);
  for (let n = 0; n < 200; n++) {
    stage.send('a', 'b', n, 'control', 100);
    stage.send('c', 'd', n, 'control', 100);
    stage.run(400 * MS);
  }
  const late = (name: string) =>
    messages(stage, name).filter(([at], n) => at - n * 400 > 2_010 + LATENCY / MS + 50).length;
  t.is(late('d'), 0);
  t.true(late('b') > 40 && late('b') < 100, `${late('b')} of 200 late at 30 % loss`);
});

test('a fault recurs until told, with newcomers for those who die; lifting ends all that lasts', (t) => {
  const stage = new Stage('abcdefgh');
  const { lift, noted } = unleash(
    stage,
    { kind: 'crash', target: 'all', share: 0.1, every: SECOND, until: 11 * SECOND, replace: true },
    { kind: 'pause', target: 'a', for: 100 * SECOND, at: 12 * SECOND },
  );
  stage.run(13 * SECOND);
  const died = noted.filter((line) => line.startsWith('crash begin ') && line.length > 12).length;
  t.true(died >= 4 && died <= 10, `${died} of about 8`);
  t.is(stage.world.nodes.filter(({ state }) => state === 'running').length, 8);
  t.true(stage.world.network.pauses.any || stage.world.node('a').state !== 'running');
  lift();
  t.false(stage.world.network.pauses.any);
});

test('a fault plan that makes no sense is told why, key by key', (t) => {
  const base = { at: SECOND, target: 'a', param: null, for: null };
  const paths = (...plan: Partial<Fault>[]) =>
    validateFaults(plan.map((fault): Fault => ({ kind: 'crash', ...base, ...fault }))).map(({ path }) => path);
  t.deepEqual(paths({ kind: 'leave', param: 2, for: 5 }), ['faults.0.for', 'faults.0.param']);
  t.deepEqual(paths({ kind: 'pause' }, { kind: 'loss', param: 2 }), ['faults.0.for', 'faults.1.param']);
  t.deepEqual(paths({ param: 0.5, share: 0.5 }, { share: 0 }), ['faults.0.share', 'faults.1.share']);
  t.deepEqual(paths({ every: 0 }, { until: 1 }), ['faults.0.every', 'faults.1.until', 'faults.1.until']);
  t.deepEqual(paths({ kind: 'pause', for: 1, replace: true }), ['faults.0.replace']);
  t.deepEqual(paths({ marked: true, every: 1 }, { marked: true }), ['faults.0.marked', 'faults.1.marked']);
});

testProp(
  'whatever a plan imposes on whom, once it is lifted everything that was sent arrives',
  [
    fc.array(
      fc.record({
        at: fc.nat(2_000).map((ms) => SECOND + ms * MS),
        kind: fc.constantFrom<FaultKind>(
          'partition',
          'clog',
          'one-way',
          'latency',
          'loss',
          'slow-uplink',
          'slow-node',
          'pause',
        ),
        target: fc.constantFrom('a', 'b', 'c', 'all'),
        for: fc.nat(3_000).map((ms) => (ms + 1) * MS),
      }),
      { maxLength: 6 },
    ),
    fc.nat(),
  ],
  (t, plan, seed) => {
    const stage = new Stage('abc', { seed });
    stage.connect('a', 'b');
    stage.connect('b', 'c');
    const { lift } = unleash(stage, ...plan);
    for (let n = 0; n < 40; n++) {
      for (const [from, to] of ['ab', 'ba', 'bc', 'cb']) stage.send(from as string, to as string, n);
      stage.run(100 * MS);
    }
    lift();
    stage.run(30 * SECOND);
    for (const [name, expected] of [
      ['a', 40],
      ['b', 80],
      ['c', 40],
    ] as const)
      t.is(messages(stage, name).length, expected);
    t.false(stage.world.network.pauses.any || stage.world.network.rules.active);
    t.deepEqual(Object.keys(FAULTS).length, 12);
  },
);

function seen(node: string, ...providers: readonly (string | null)[]): [string, View] {
  const tickets = providers.flatMap((peer, sub) =>
    peer === null
      ? []
      : [
          {
            side: 'consumer',
            ticket: 1,
            generation: 1,
            incarnation: 1,
            sub,
            peer,
            state: 'active',
            expires: 0,
            bitrate: 1,
          } as const,
        ],
  );
  const stream = {
    stream: 's',
    epoch: 1,
    publisher: node === 'p',
    watching: node !== 'p',
    interior: 0,
    substreams: providers.length,
    tickets,
    paths: [],
    window: { first: 0, next: 0, held: 0 },
    player: null,
  };
  const view: View = {
    node,
    incarnation: 1,
    role: 'ordinary',
    uplink: { capacity: 0, promised: 0 },
    peers: [],
    streams: [stream],
    timers: [],
  };
  return [node, view];
}

test('the viewer with most descendants and an interior one are found in the views', (t) => {
  const views = new Map([
    seen('p'),
    seen('a', 'p', 'b'),
    seen('b', 'a', 'p'),
    seen('c', 'a', 'b'),
    seen('d', 'c', 'b'),
    seen('x', 'y'),
    seen('y', 'x'),
  ]);
  const counts = countDescendants(views);
  t.deepEqual(Object.fromEntries(counts), { p: 8, a: 3, b: 3, c: 1, x: 1, y: 1 });
  t.is(
    select('most-descendants', ['c', 'b', 'd'], views, () => 0),
    'b',
  );
  t.is(
    select('interior', ['c', 'b', 'd'], views, (n) => n - 1),
    'b',
  );
  t.is(
    select('interior', ['d'], views, () => 0),
    null,
  );
});

test('where nobody holds a ticket, those who send are interior, and who sends most counts as having most below it', (t) => {
  const sending = (node: string, promised: number): [string, View] => {
    const [, view] = seen(node);
    return [node, { ...view, uplink: { capacity: 8, promised } }];
  };
  const views = new Map([sending('p', 9), sending('a', 0), sending('b', 3), sending('c', 5)]);
  const drawn: number[] = [];
  const last = (n: number): number => {
    drawn.push(n);
    return n - 1;
  };
  t.is(select('interior', ['a', 'b', 'c'], views, last), 'c');
  t.deepEqual(drawn, [2]);
  t.is(select('most-descendants', ['c', 'b', 'a'], views, last), 'c');
  t.is(select('interior', ['a'], views, last), null);
  t.is(select('interior', ['b', 'c'], new Map([...views, seen('x', 'b')]), last), 'b', 'trees are believed first');
});
