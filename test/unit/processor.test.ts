import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import type { Effects, Input, Machine } from '../../core/machine.js';
import { MS, SECOND, type Time } from '../../core/units.js';
import { NO_COSTS, Processor, type ProcessorCosts } from '../../sim/processor.js';
import { messages, unleash } from './fault-stage.js';
import { LATENCY, Stage } from './sim-stage.js';

interface Job {
  readonly bytes: number;
  readonly answers: number;
  readonly signatures: number;
}
type Said = readonly [at: Time, what: string];

/** A processor driven by hand, its machine answering as each message says, and what left when. */
function rig(costs: Partial<ProcessorCosts>, timers: Time[] = []) {
  const handled: Said[] = [];
  const left: Said[] = [];
  const full: boolean[] = [];
  const crypto = { sign: 0, verify: 0, hash: 0 };
  let now = 0;
  const machine: Machine<Job, never, null> = {
    handle(at, input, effects) {
      handled.push([at, input.type]);
      if (input.type === 'wake') timers.shift();
      if (input.type !== 'message') return;
      crypto.sign += input.message.signatures;
      for (let index = 0; index < input.message.answers; index++)
        effects.send('peer', { ...input.message, answers: 0 });
    },
    nextDeadline: () => (timers[0] === undefined ? null : { at: timers[0], why: 'timer' }),
    view: () => null,
    restore() {},
  };
  const processor = new Processor(machine, {
    costs: { ...NO_COSTS, ...costs },
    encodedBytes: (job) => job.bytes,
    crypto,
    onFull: (each) => full.push(each),
  });
  const note = (what: string) => () => void left.push([now, what]);
  const effects: Effects<Job> = {
    send: note('send'),
    connect: note('connect'),
    disconnect: note('disconnect'),
    play: note('play'),
    reply: note('reply'),
    persist: note('persist'),
    trace: null,
  };
  const give = (at: Time, input: Input<Job, never>): void => {
    now = at;
    processor.handle(at, input, effects);
  };
  /** Wakes it up to and including `until`, as a host does. */
  const run = (until: Time): void => {
    for (let next = processor.nextDeadline(); next !== null && next.at <= until; next = processor.nextDeadline()) {
      give(Math.max(now, next.at), { type: 'wake' });
    }
  };
  const offer = (at: Time, message: Job): void => {
    run(at - 1);
    give(at, { type: 'message', from: 'peer', message });
  };
  return { processor, handled, left, full, run, offer };
}

const JOB = fc.record({
  gap: fc.nat(4_000),
  bytes: fc.nat(5_000),
  answers: fc.nat(3),
  signatures: fc.nat(2),
});

testProp(
  'jobs are done one after the other, in the order in which they came, each for what it costs',
  [fc.array(JOB, { maxLength: 40 }), fc.record({ step: fc.nat(900), byte: fc.nat(500), message: fc.nat(300) })],
  (t, jobs, { step, byte, message }) => {
    const costs = { perStep: step, perMessage: message / 10, perByte: byte / 1_000, perSignature: 120.5 };
    const { handled, left, offer, run } = rig(costs);
    let at = 0;
    let free = 0;
    const begins: Time[] = [];
    const ends: Time[] = [];
    for (const { gap, ...job } of jobs) {
      at += gap;
      offer(at, job);
      const one = costs.perMessage + costs.perByte * job.bytes;
      const taken = Math.max(at, free) + costs.perStep + one;
      free = taken + job.answers * one + job.signatures * costs.perSignature;
      begins.push(taken);
      for (let index = 0; index < job.answers; index++) ends.push(free);
    }
    run(free + 1);
    t.is(handled.length, jobs.length);
    handled.forEach(([when], index) => t.true(Math.abs(when - begins[index]!) <= 1, `handled ${index}`));
    t.is(left.length, ends.length);
    left.forEach(([when], index) => t.true(Math.abs(when - ends[index]!) <= 1, `left ${index}`));
  },
);

test('without costs it is as if there were none', (t) => {
  const { handled, left, offer, processor } = rig({}, [700]);
  offer(500, { bytes: 10, answers: 2, signatures: 3 });
  t.deepEqual(handled, [[500, 'message']]);
  t.deepEqual(left, [
    [500, 'send'],
    [500, 'send'],
  ]);
  t.is(processor.nextDeadline()?.at, 700);
});

test('a timer waits for the server, and goes before what came after it was due', (t) => {
  const { handled, offer, run } = rig({ perStep: 1_000 }, [300, 2_500]);
  offer(0, { bytes: 0, answers: 0, signatures: 0 });
  offer(200, { bytes: 0, answers: 0, signatures: 0 });
  offer(400, { bytes: 0, answers: 0, signatures: 0 });
  run(20_000);
  t.deepEqual(handled, [
    [1_000, 'message'],
    [2_000, 'message'],
    [3_000, 'wake'],
    [4_000, 'message'],
    [5_000, 'wake'],
  ]);
});

test('a node that cannot keep up stops reading, and reads again once half is done', (t) => {
  const { full, offer, processor, run } = rig({ perByte: 1 });
  for (let index = 0; index < 20; index++) offer(index, { bytes: 64 * 1_024, answers: 0, signatures: 0 });
  t.deepEqual(full, [true]);
  run(12 * 64 * 1_024);
  t.deepEqual(full, [true, false]);
  processor.slow('a fault', 5_000);
  run(60 * 64 * 1_024);
  t.is(processor.nextDeadline(), null);
});

test('each step of a slow node takes longer, one after the other, and what it sends leaves afterwards', (t) => {
  const stage = new Stage('ab');
  stage.connect('a', 'b');
  unleash(
    stage,
    { kind: 'slow-node', param: 100, for: 2 * SECOND },
    { kind: 'slow-node', target: 'b', param: 50, for: SECOND },
  );
  for (const wait of [10, 1_500, 1_500]) {
    stage.run(wait * MS);
    for (let n = 0; n < 2; n++) stage.send('a', 'b', n, 'control', 1);
  }
  stage.run(SECOND);
  const took = messages(stage, 'b').map(([at], n) => Math.round(at - [1_010, 2_510, 4_010][n >> 1]! - LATENCY / MS));
  t.deepEqual(took, [150, 300, 100, 200, 0, 0]);
});

test('a node too slow for what it is sent fills the sockets of its senders, and loses nothing', (t) => {
  const stage = new Stage('ab');
  stage.connect('a', 'b');
  unleash(
    stage,
    { kind: 'slow-node', param: 500, for: 30 * SECOND },
    { kind: 'pause', at: 20 * SECOND, for: 5 * SECOND },
  );
  stage.run(100 * MS);
  for (let n = 0; n < 100; n++) stage.send('a', 'b', n, 'chunk', 20_000);
  stage.run(SECOND);
  t.deepEqual(stage.lines('a').slice(1), ['b congested: full']);
  stage.run(17 * SECOND);
  const before = messages(stage, 'b').length;
  t.true(before > 20 && before < 40, `${before} of 100 so far`);
  stage.run(40 * SECOND);
  t.deepEqual(stage.lines('a').slice(2), ['b writable: drained']);
  t.deepEqual(
    messages(stage, 'b').map(([, what]) => what),
    Array.from({ length: 100 }, (_, n) => `chunk ${n} from a`),
  );
});
