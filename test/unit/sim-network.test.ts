import { fc, test, testProp } from '@fast-check/ava';
import type { Contact } from '../../core/machine.js';
import { MS, SECOND, type Time } from '../../core/units.js';
import { deepFreeze } from '../../sim/freeze.js';
import { uniformPaths } from '../../sim/geography.js';
import { partition, slow } from '../../sim/rules.js';
import { CONTACT, Puppet, Stage, type Note } from './sim-stage.js';

test('a dial takes four round trips and tells both ends', (t) => {
  const stage = new Stage('ab');
  stage.connect('a', 'b');
  t.deepEqual(stage.puppet('a').log, [[400 * MS, 'b up: dialled']]);
  t.deepEqual(stage.puppet('b').log, [[350 * MS, 'a up: accepted']]);
});

test('simultaneous dials keep one connection', (t) => {
  const stage = new Stage('ab');
  stage.order('a', (effects) => effects.connect(CONTACT('b')));
  stage.order('b', (effects) => effects.connect(CONTACT('a')));
  stage.run(SECOND);
  t.is(stage.lines('a').length, 1);
  t.is(stage.lines('b').length, 1);
  t.is(stage.world.network.links.count, 2);
});

test('a dial of an unknown node, a dead one, one that ended and one behind a partition each fail in their own way', (t) => {
  const stage = new Stage('abcd', { handshake: (_from, to) => (to === 'd' ? 'busy' : 'ok') });
  stage.world.crash('b');
  stage.world.remove('c');
  const dial = (contact: Contact) => stage.order('a', (effects) => effects.connect(contact));
  dial(CONTACT('x'));
  dial(CONTACT('b'));
  dial(CONTACT('c'));
  dial(CONTACT('d'));
  dial({ node: 'x', address: 'sim:a' });
  stage.run(10 * SECOND);
  t.deepEqual(stage.puppet('a').log, [
    [MS, 'dial sim:x: unreachable'],
    [100 * MS, 'dial sim:c: refused'],
    [350 * MS, 'dial sim:a: identity'],
    [400 * MS, 'dial sim:d: busy'],
    [5 * SECOND, 'dial sim:b: timeout'],
  ]);
});

test('a contact without a name is resolved by its address', (t) => {
  const stage = new Stage('ab');
  for (const _ of [1, 2]) {
    stage.order('a', (effects) => effects.connect({ node: null, address: 'sim:b' }));
    stage.run(SECOND);
  }
  t.deepEqual(stage.lines('a'), ['dial sim:b: b', 'b up: dialled', 'dial sim:b: b']);
});

test('a close is heard behind all that was sent, and the other way is shut', (t) => {
  const stage = new Stage('ab', {}, { up: 1e6, down: 1e6 });
  stage.connect('a', 'b');
  for (let n = 0; n < 3; n++) stage.send('a', 'b', n, 'chunk', 20_000);
  stage.disconnect('a', 'b', 'leaving');
  stage.send('b', 'a', 9);
  stage.run(SECOND);
  const chunks = [0, 1, 2].map((n) => `chunk ${n} from a`);
  t.deepEqual(stage.lines('b'), ['a up: accepted', ...chunks, 'a down: leaving']);
  stage.run(30 * SECOND);
  t.deepEqual(stage.lines('a'), ['b up: dialled']);
  t.is(stage.world.network.links.count, 0);
});

test('the end of a process closes its connections, a crash leaves them half open', (t) => {
  const stage = new Stage('abc');
  stage.connect('a', 'b');
  stage.connect('a', 'c');
  stage.world.remove('b');
  stage.world.crash('c');
  stage.run(30 * SECOND);
  t.deepEqual(stage.lines('a').slice(2), ['b down: closed']);
  stage.send('a', 'c', 1);
  stage.run(30 * SECOND);
  t.deepEqual(stage.lines('a').slice(3), ['c down: timeout']);
  t.is(stage.world.network.links.count, 0);
});

test('nobody reaches a node behind address translation, whom it dials itself is connected as ever', (t) => {
  const stage = new Stage('ab');
  stage.world.network.hide('b');
  const dial = (from: string, to: string) => stage.order(from, (effects) => effects.connect(CONTACT(to)));
  dial('a', 'b');
  stage.run(10 * SECOND);
  t.deepEqual(stage.puppet('a').log, [[5 * SECOND, 'dial sim:b: timeout']]);
  dial('b', 'a');
  stage.run(20 * SECOND);
  t.deepEqual(stage.lines('b'), ['a up: dialled']);
  stage.world.remove('b');
  dial('a', 'b');
  stage.run(30 * SECOND);
  t.is(stage.lines('a').at(-1), 'dial sim:b: timeout', 'whether it is there does not show');
});

test('a restarted node answers old connections with a reset, and a new dial replaces what is left', (t) => {
  const stage = new Stage('abc');
  stage.connect('a', 'b');
  stage.connect('c', 'b');
  stage.world.crash('b');
  stage.world.restart('b', () => new Puppet());
  stage.send('a', 'b', 1);
  stage.run(SECOND);
  t.deepEqual(stage.lines('a').slice(1), ['b down: reset']);
  stage.world.command('b', { type: 'order', act: (effects) => effects.connect(CONTACT('c')) });
  stage.run(SECOND);
  t.deepEqual(stage.lines('c').slice(1), ['b down: replaced', 'b up: accepted']);
});

test('what is in the uplink when a node crashes is lost', (t) => {
  const stage = new Stage('ab', {}, { up: 1e6, down: 1e8 });
  stage.connect('a', 'b');
  for (let n = 0; n < 10; n++) stage.send('a', 'b', n, 'chunk', 12_500);
  stage.run(250 * MS);
  stage.world.crash('a');
  stage.run(SECOND);
  t.deepEqual(stage.lines('b').slice(1), ['chunk 0 from a', 'chunk 1 from a']);
});

test('a full connection is congested, and writable again below half', (t) => {
  const stage = new Stage('ab', {}, { up: 8e6, down: 1e8 });
  stage.connect('a', 'b');
  for (let n = 0; n < 20; n++) stage.send('a', 'b', n, 'chunk', 20_000);
  stage.run(SECOND);
  t.deepEqual(stage.lines('a').slice(1), ['b congested: full', 'b writable: drained']);
  t.is(stage.lines('b').length, 21);
  for (let n = 0; n < 300; n++) stage.send('a', 'b', n, 'chunk', 20_000);
  stage.run(SECOND);
  t.true(stage.lines('a').includes('b down: slow'));
});

test('a partition holds what is sent and delivers it in order once healed; a long one ends the connection', (t) => {
  const stage = new Stage('abc');
  stage.connect('a', 'b');
  stage.connect('c', 'b');
  stage.world.network.rules.add(
    'cut',
    partition((node) => (node === 'b' ? 1 : 0)),
  );
  for (let n = 0; n < 3; n++) stage.send('a', 'b', n);
  stage.order('a', (effects) => effects.connect(CONTACT('c')));
  stage.run(5 * SECOND);
  t.deepEqual(stage.lines('b').slice(2), []);
  t.deepEqual(stage.lines('a').slice(1), ['c up: dialled']);
  stage.world.network.rules.remove('cut');
  stage.send('a', 'b', 3);
  stage.run(SECOND);
  t.deepEqual(
    stage.lines('b').slice(2),
    [0, 1, 2, 3].map((n) => `control ${n} from a`),
  );
  stage.world.network.rules.add(
    'cut',
    partition((node) => (node === 'b' ? 1 : 0)),
  );
  stage.send('c', 'b', 4);
  stage.run(25 * SECOND);
  t.true(stage.lines('c').includes('b down: timeout'));
  t.deepEqual(stage.lines('b').slice(6), []);
});

test('a rule may delay; the first verdict wins', (t) => {
  const stage = new Stage('ab');
  stage.connect('a', 'b');
  stage.world.network.rules.add('first', (_from, _to, message) => ((message as Note | null)?.n === 1 ? 'pass' : null));
  stage.world.network.rules.add(
    'second',
    slow(() => true, SECOND),
  );
  stage.send('a', 'b', 1);
  stage.send('a', 'b', 2);
  stage.send('a', 'b', 1);
  stage.run(3 * SECOND);
  const times = stage
    .puppet('b')
    .log.slice(1)
    .map(([at]) => at);
  t.true(times[0]! < SECOND + 60 * MS && times[1]! >= 2 * SECOND && times[2]! >= times[1]!);
});

testProp(
  'each class of messages arrives in order, complete and once, whatever is lost or jitters',
  [
    fc.nat(),
    fc.constantFrom(0, 0.01, 0.3),
    fc.array(fc.tuple(fc.boolean(), fc.nat(40_000), fc.nat(200)), { maxLength: 80 }),
  ],
  (t, seed, loss, plan) => {
    const stage = new Stage('ab', { seed, loss, paths: uniformPaths(20 * MS, 20 * MS) }, { up: 5e6, down: 4e6 });
    stage.connect('a', 'b');
    for (const [index, [media, bytes, gap]] of plan.entries()) {
      stage.send('a', 'b', index, media ? 'chunk' : 'control', 40 + bytes);
      stage.run(gap * MS);
    }
    stage.run(600 * SECOND);
    const got = stage.lines('b').filter((line) => line.endsWith('from a'));
    for (const type of ['chunk', 'control'] as const) {
      const sent = plan.flatMap(([media], n) =>
        (media ? 'chunk' : 'control') === type ? [`${type} ${n} from a`] : [],
      );
      t.deepEqual(
        got.filter((line) => line.startsWith(type)),
        sent,
      );
    }
  },
);

test('a transform sees every message once: a freeze, or a round trip through a codec', (t) => {
  const frozen = new Stage('ab', { transform: deepFreeze });
  frozen.connect('a', 'b');
  const shared = { type: 'control' as const, n: 1, bytes: 100, part: { list: [1], data: new Uint8Array(2) } };
  frozen.order('a', (effects) => effects.send('b', shared));
  t.throws(() => shared.part.list.push(2), { instanceOf: TypeError });
  t.throws(() => (shared.n = 2), { instanceOf: TypeError });
  const copied = new Stage('ab', { transform: (note) => ({ ...note, n: note.n + 1 }) });
  copied.connect('a', 'b');
  copied.send('a', 'b', 1);
  copied.run(SECOND);
  t.deepEqual(copied.lines('b').slice(1), ['control 2 from a']);
});

test('the same calls give the same digest, another seed another one, and prefixes locate the difference', (t) => {
  const play = (seed: number, extra: boolean) => {
    const stage = new Stage('abcd', { seed, loss: 0.02, paths: uniformPaths(20 * MS, 20 * MS) });
    for (const to of 'bcd') stage.connect('a', to);
    for (let n = 0; n < 4_000; n++) {
      if (n !== 3_000 || extra) stage.send('a', 'bcd'[n % 3]!, n, n % 4 === 0 ? 'chunk' : 'control', 500);
      stage.run(5 * MS);
    }
    return stage.world.digest;
  };
  const first = play(1, true);
  t.is(first.hex, play(1, true).hex);
  t.not(first.hex, play(2, true).hex);
  const other = play(1, false);
  const same = first.prefixes.filter((prefix, index) => prefix === other.prefixes[index]).length;
  t.true(same >= 4 && same < first.prefixes.length);
});

testProp(
  'a node wakes at its deadline, moved or cancelled as often as it likes',
  [fc.array(fc.tuple(fc.nat(400), fc.nat(300)))],
  (t, plan) => {
    const stage = new Stage('a');
    const puppet = stage.puppet('a');
    const expected: Time[] = [];
    let due = Infinity;
    for (const [delay, gap] of plan) {
      due = delay > 380 ? Infinity : stage.world.now() + delay;
      puppet.deadline = due === Infinity ? null : { at: due, why: 'test' };
      stage.order('a', () => {});
      if (due <= stage.world.now() + gap) {
        expected.push(due);
        due = Infinity;
      }
      stage.run(gap);
    }
    if (due !== Infinity) expected.push(due);
    stage.run(SECOND);
    t.deepEqual(
      puppet.log.map(([at]) => at),
      expected,
    );
  },
);
