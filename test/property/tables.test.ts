import '../tools/fast-check.js';
import { fc, test, testProp } from '@fast-check/ava';
import { Columns } from '../../core/columns.js';
import { DEFAULTS, validate, type Config } from '../../core/config.js';
import { Deadlines } from '../../core/deadlines.js';
import { LIMITS } from '../../core/limits.js';
import { CANDIDATE, Candidates } from '../../core/membership/candidates.js';
import { SourceClock } from '../../core/playback/source-clock.js';
import { MS, NEVER, SECOND } from '../../core/units.js';

const WHYS = ['a', 'b', 'c', 'd', 'e'] as const;

testProp(
  'the table of deadlines gives what a list sorted anew each time gives',
  [
    fc.array(
      fc.record({
        do: fc.constantFrom('set' as const, 'earlier' as const, 'clear' as const, 'take' as const),
        why: fc.constantFrom(...WHYS),
        at: fc.oneof(fc.nat(20), fc.constant(NEVER)),
      }),
      { minLength: 1, maxLength: 80 },
    ),
  ],
  (t, steps) => {
    const deadlines = new Deadlines(WHYS);
    const oracle = new Map<string, number>();
    const earliest = (): number => Math.min(NEVER, ...oracle.values());
    for (const { do: step, why, at } of steps) {
      if (step === 'take') {
        const due = deadlines.take(Math.min(at, 30));
        t.is(due === null, earliest() > Math.min(at, 30));
        if (due !== null) t.is(oracle.get(due), earliest());
        if (due !== null) oracle.delete(due);
      } else {
        const before = oracle.get(why) ?? NEVER;
        const after = step === 'clear' ? NEVER : step === 'set' ? at : Math.min(before, at);
        if (step === 'set') deadlines.set(why, at);
        else if (step === 'earlier') deadlines.setEarlier(why, at);
        else deadlines.clear(why);
        oracle.delete(why);
        if (after !== NEVER) oracle.set(why, after);
        t.is(deadlines.get(why), after);
      }
      t.is(deadlines.first?.at ?? NEVER, earliest());
      t.deepEqual(
        deadlines.list().map((deadline) => deadline.at),
        [...oracle.values()].sort((a, b) => a - b),
      );
    }
  },
);

testProp(
  'rows of columns start at zero, keep their numbers apart and are given out up to the bound',
  [fc.nat(12), fc.nat(4), fc.array(fc.record({ add: fc.boolean(), pick: fc.nat(), value: fc.double() }))],
  (t, bound, initial, steps) => {
    const columns = new Columns(2, bound, initial);
    const [x, y] = [0, 1];
    t.is(columns.count, 0);
    const oracle = new Map<number, readonly [number, number]>();
    for (const { add, pick, value } of steps) {
      if (add) {
        const row = columns.add();
        t.is(row < 0, oracle.size === bound);
        if (row < 0) continue;
        t.false(oracle.has(row));
        t.deepEqual([columns.get(row, x), columns.get(row, y)], [0, 0]);
        columns.set(row, y, value);
        oracle.set(row, [0, value]);
      } else {
        const row = [...oracle.keys()][pick % Math.max(1, oracle.size)];
        if (row === undefined) continue;
        columns.remove(row);
        oracle.delete(row);
      }
      t.is(columns.count, oracle.size);
      for (const [row, values] of oracle) t.deepEqual([columns.get(row, x), columns.get(row, y)], [...values]);
    }
  },
);

testProp(
  'candidates stay within their bound, know the latest and never name the node itself',
  [
    fc.array(
      fc.record({
        do: fc.constantFrom(
          'learn' as const,
          'learn' as const,
          'postpone' as const,
          'helped' as const,
          'forget' as const,
        ),
        node: fc.option(fc.nat(3 * LIMITS.contacts)),
        count: fc.nat(LIMITS.referral),
      }),
      { minLength: 1, maxLength: 300 },
    ),
  ],
  (t, steps) => {
    const candidates = new Candidates('n0');
    const failuresOf = (id: string): number => candidates.get(candidates.find(id), CANDIDATE.failures);
    for (const [now, { do: step, node, count }] of steps.entries()) {
      const id = `n${node}`;
      if (step === 'learn') {
        const address = count % 3 === 0 ? '' : `at ${now}`;
        const via = count % 2 === 0 ? `n${count}` : null;
        candidates.learn({ contact: { node: node === null ? null : id, address }, load: null }, now, via);
        if (node !== null && node !== 0) {
          t.is(candidates.address(candidates.find(id)), address);
          if (via !== null && via !== id) t.is(candidates.via(candidates.find(id)), via);
        }
      } else if (step === 'postpone') {
        candidates.postpone(id, now, 10);
        const row = candidates.find(id);
        const notBefore = row < 0 ? now + 10 : candidates.get(row, CANDIDATE.notBefore);
        t.true(notBefore >= now + 10 && notBefore <= now + 80);
      } else if (step === 'helped') candidates.helped(id);
      else candidates.forget(id);
      t.true(candidates.size <= LIMITS.contacts);
      t.is(candidates.find('n0'), -1);
      const told = candidates.contacts(count, 0);
      t.true(told.length <= count);
      t.true(told.every(({ node: who, address }) => failuresOf(who ?? '') === 0 && address !== ''));
    }
  },
);

testProp(
  'a source clock is off by no more than it admits, hop after hop, with crystals that drift apart',
  [
    fc.array(fc.record({ began: fc.nat(1_000 * SECOND), drift: fc.double({ min: -4e-5, max: 4e-5, noNaN: true }) }), {
      minLength: 2,
      maxLength: 6,
    }),
    fc.array(
      fc.record({
        pause: fc.nat(10 * SECOND),
        node: fc.nat(),
        roundTrip: fc.integer({ min: 0, max: 2 * SECOND }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { minLength: 1, maxLength: 40 },
    ),
  ],
  (t, hosts, samples) => {
    const local = (host: number, real: number): number => {
      const { began, drift } = hosts[host] as (typeof hosts)[number];
      return Math.round(began + real * (1 + drift));
    };
    const clocks = hosts.map(() => new SourceClock());
    t.is(clocks[1]?.reading(0), null);
    clocks[0]?.setExact(local(0, 0), local(0, 0));
    let real = 0;
    // A round trip is measured with a clock that drifts, and times are whole: both add a little at each hop.
    let slack = 2;
    for (const { pause, node, roundTrip, share } of samples) {
      real += pause;
      const host = 1 + (node % (hosts.length - 1));
      const reading = (clocks[host - 1] as SourceClock).reading(local(host - 1, real));
      const sent = real - (1 - share) * roundTrip;
      real += share * roundTrip;
      slack += 4 + 2e-4 * roundTrip;
      if (reading === null) continue;
      const clock = clocks[host] as SourceClock;
      const now = local(host, real);
      clock.sample(now, reading, now - local(host, sent));
      const admitted = clock.reading(now)?.error ?? t.fail();
      const error = Math.abs(clock.read(now) - local(0, real));
      t.true(error <= admitted + slack, `off by ${error}, admits ${admitted}`);
      t.true(Math.abs(clock.localTime(clock.read(now)) - now) <= 1);
    }
  },
);

test('the defaults can be run', (t) => t.deepEqual(validate(DEFAULTS), []));

const SPOILED: Readonly<Record<string, Partial<Config>>> = {
  targetLag: { targetLag: 0 },
  tickAfter: { tickAfter: -1 },
  suspectAfter: { suspectAfter: DEFAULTS.tickAfter + 100 * MS },
  leaseConsumer: { leaseConsumer: DEFAULTS.leaseProvider * 0.8 + 1 },
  renewEvery: { renewEvery: Math.floor(DEFAULTS.leaseConsumer / 3) + 1 },
  announceEvery: { announceEvery: DEFAULTS.recordTtl / 2 + 1 },
  offerTtl: { offerTtl: 0.5 },
  leaveGrace: { leaveGrace: Infinity },
  uplink: { uplink: NaN },
  maxPeers: { maxPeers: LIMITS.peersPublisher + 1 },
  repairShare: { repairShare: NaN },
  endpoints: { endpoints: Array.from({ length: LIMITS.endpoints + 1 }, (_, port) => `127.0.0.1:${port}`) },
  feasibility: { feasibility: 'none' },
  admission: { admission: 'none' },
  selection: { selection: 'none' },
};

testProp(
  'every problem of a configuration is named, all at once, and no other',
  [fc.subarray(Object.keys(SPOILED))],
  (t, paths) => {
    const config = Object.assign({}, DEFAULTS, ...paths.map((path) => SPOILED[path])) as Config;
    const named = validate(config).map((problem) => problem.path);
    // Two spoiled times may break, or mend, the relation between them.
    const related = ['suspectAfter', 'leaseConsumer', 'renewEvery', 'announceEvery', 'tickAfter'];
    t.deepEqual(
      [...new Set(named)].filter((path) => !related.includes(path)).sort(),
      paths.filter((path) => !related.includes(path)).sort(),
    );
    if (paths.length > 0) t.true(named.length > 0);
    if (paths.length === 1) t.deepEqual([...new Set(named)], paths);
  },
);
