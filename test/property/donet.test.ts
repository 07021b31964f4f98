import '../tools/fast-check.js';
import { fc, testProp } from '@fast-check/ava';
import { createRng } from '../../core/rng.js';
import { MS, NEVER, SECOND, type Time } from '../../core/units.js';
import { isSet, mapOf, newestOf, seqsOf, SPAN } from '../../experiments/rivals/donet/buffer-map.js';
import { Members } from '../../experiments/rivals/donet/members.js';
import { Partner, Partners } from '../../experiments/rivals/donet/partners.js';
import { schedule, type Supplier, type Wanted } from '../../experiments/rivals/donet/scheduler.js';
import { Serving } from '../../experiments/rivals/donet/serving.js';

testProp(
  'a buffer map holds what it was made of, of the newest 64 numbers, and spends a bit on each',
  [fc.nat(500), fc.integer({ min: -1, max: 200 }), fc.uniqueArray(fc.nat(700), { maxLength: 300 })],
  (t, from, length, held) => {
    const to = from + length;
    const map = mapOf(from, to, (seq) => held.includes(seq));
    const inside = held.filter((seq) => seq >= from && seq <= to && seq > to - SPAN).sort((a, b) => a - b);
    t.deepEqual(seqsOf(map), inside);
    t.is(newestOf(map), inside.at(-1) ?? -1);
    for (const seq of held) t.is(isSet(map, seq), inside.includes(seq));
    t.true(map.bits.length <= Math.ceil(SPAN / 8));
  },
);

const COUNT = 5;
const supplier = fc
  .record({ freeAt: fc.nat(900), perChunk: fc.integer({ min: 1, max: 300 }), room: fc.nat(600) })
  .map(({ freeAt, perChunk, room }): Supplier => ({ freeAt, perChunk, latest: freeAt + room }));
const suppliers = fc.array(supplier, { minLength: COUNT, maxLength: COUNT });
const wanted = fc.uniqueArray(
  fc.record({
    seq: fc.nat(60),
    due: fc.oneof(fc.constant(NEVER), fc.nat(1_500)),
    holders: fc.uniqueArray(fc.nat(COUNT - 1), { minLength: 1 }),
  }),
  { selector: ({ seq }) => seq, maxLength: 40 },
);

/** When a supplier will have sent so much. */
function endOf({ freeAt, perChunk }: Supplier, chunks: number): Time {
  return freeAt + chunks * perChunk;
}

testProp(
  'a schedule asks only holders, each chunk once, nothing that would be late, and leaves out only what nobody has time for',
  [wanted, suppliers, fc.nat()],
  (t, chunks, all, seed) => {
    const asked = schedule(chunks, all);
    const owner = new Map<number, number>();
    for (const [index, seqs] of asked.entries()) {
      t.deepEqual(
        seqs,
        [...seqs].sort((a, b) => a - b),
      );
      const { latest } = all[index] as Supplier;
      if (seqs.length > 0) t.true(endOf(all[index] as Supplier, seqs.length) <= latest);
      for (const seq of seqs) {
        t.false(owner.has(seq));
        owner.set(seq, index);
      }
    }
    for (const { seq, due, holders } of chunks) {
      const by = owner.get(seq);
      if (by !== undefined) t.true(holders.includes(by));
      const free = holders.some((index) => {
        const one = all[index] as Supplier;
        const end = endOf(one, (asked[index] as number[]).length + 1);
        return end < due && end <= one.latest;
      });
      if (by === undefined) t.false(free, `${seq} could have been asked for`);
      else t.true(endOf(all[by] as Supplier, 1) < due);
    }
    const rng = createRng(String(seed));
    const shuffled = chunks.map((chunk) => ({ chunk, at: rng.next() })).sort((a, b) => a.at - b.at);
    t.deepEqual(
      schedule(
        shuffled.map(({ chunk }) => chunk),
        all,
      ),
      asked,
    );
  },
);

testProp(
  'the rarer chunk goes first, of equally rare ones the younger, to whoever will have sent it soonest',
  [wanted, suppliers],
  (t, chunks, all) => {
    const before = (a: Wanted, b: Wanted): number => a.holders.length - b.holders.length || b.seq - a.seq;
    const [first] = [...chunks].sort(before);
    if (first === undefined) return t.deepEqual(schedule(chunks, all).flat(), []);
    const ends = first.holders
      .map((index) => ({ index, end: endOf(all[index] as Supplier, 1), latest: all[index]!.latest }))
      .filter(({ end, latest }) => end < first.due && end <= latest);
    const soonest = Math.min(...ends.map(({ end }) => end));
    const by = schedule(chunks, all).findIndex((seqs) => seqs.includes(first.seq));
    return t.is(by < 0 ? Infinity : endOf(all[by] as Supplier, 1), soonest);
  },
);

testProp(
  'an uplink sends no more than it can, each request once, and the chunk that fewest were sent before the others',
  [
    fc.integer({ min: 200_000, max: 20_000_000 }),
    fc.array(fc.record({ after: fc.nat(300), to: fc.nat(4), seq: fc.nat(30) }), { maxLength: 120 }),
  ],
  (t, uplink, requests) => {
    const serving = new Serving(uplink);
    const bytes = 6_000;
    const open = new Set<string>();
    const copies = new Map<number, number>();
    let now = 0;
    let sent = 0;
    let busy = 0;
    const drain = (until: Time): void => {
      for (let at = serving.due; at <= until; at = serving.due) {
        busy = Math.max(at, now);
        serving.next(busy, (to, seq) => {
          t.true(open.delete(`${to}/${seq}`));
          const others = [...open].map((each) => copies.get(Number(each.split('/')[1])) ?? 0);
          t.true(others.every((other) => other >= (copies.get(seq) ?? 0)));
          copies.set(seq, (copies.get(seq) ?? 0) + 1);
          sent += bytes;
          return true;
        });
        t.true(sent - bytes <= (uplink / 8 / SECOND) * (busy + 50 * MS));
      }
      now = until;
    };
    for (const { after, to, seq } of requests) {
      drain(now + after * MS);
      const waits = open.has(`${to}/${seq}`);
      const took = serving.add(now, String(to), seq, bytes);
      if (took) open.add(`${to}/${seq}`);
      t.false(took && waits);
      t.true(serving.backlog(now) <= 200 * MS + 1.05 * ((bytes * 8 * SECOND) / uplink) + open.size + 1);
    }
    drain(now + 60 * SECOND);
    t.is(open.size, 0);
    t.is(serving.due, NEVER);
  },
);

testProp(
  'a node remembers few members, believes the newest word about each, and names nobody who has gone',
  [
    fc.array(fc.record({ node: fc.nat(90), version: fc.nat(20), gone: fc.boolean(), after: fc.nat(500) }), {
      maxLength: 300,
    }),
    fc.nat(),
  ],
  (t, told, seed) => {
    const members = new Members('n0');
    const rng = createRng(String(seed));
    const newest = new Map<string, { version: number; gone: boolean }>();
    let now = 0;
    for (const { node, version, gone, after } of told) {
      now += after;
      const name = `n${node}`;
      const before = members.versionOf(name);
      const news = members.learn(now, name, { address: name, version, gone });
      if (news) newest.set(name, { version, gone });
      t.true(!news || version > before || before === 0);
      t.is(members.versionOf(name), news ? version : before);
    }
    const named = members.sample(now, rng, 1_000, (node) => node === 'n1').map(({ node }) => node as string);
    t.true(named.length <= 64 && new Set(named).size === named.length);
    t.false(named.includes('n0') || named.includes('n1'));
    for (const node of named) t.false(newest.get(node)?.gone);
    t.is(members.sample(now + 61 * SECOND, rng, 1_000, () => false).length, 0);
  },
);

testProp(
  'a review parts with the least useful beyond the number sought, and only with those it could judge',
  [
    fc.array(fc.record({ received: fc.nat(50), sent: fc.nat(50), age: fc.nat(10) }), { maxLength: 20 }),
    fc.integer({ min: 1, max: 40 }),
  ],
  (t, many, streams) => {
    const partners = new Partners(streams * 1_000);
    partners.fit(1_000);
    for (const [index, { received, sent, age }] of many.entries()) {
      const partner = new Partner(`p${index}`, (10 - age) * SECOND, 0);
      partner.received = received;
      partner.sent = sent;
      partners.add(partner);
    }
    const parted = partners.surplus(10 * SECOND, 2 * SECOND);
    t.true(parted.length <= Math.max(0, many.length - partners.wanted));
    const kept = [...partners].filter((each) => !parted.includes(each) && each.since <= 8 * SECOND);
    t.true(parted.every(({ since }) => since <= 8 * SECOND));
    for (const worse of parted) t.true(kept.every(({ score }) => score >= worse.score));
    t.true(partners.wanted >= 4 && partners.wanted <= 16);
  },
);
