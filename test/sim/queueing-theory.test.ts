import test from 'ava';
import type { Machine } from '../../core/machine.js';
import { createRng } from '../../core/rng.js';
import { SECOND, type Time } from '../../core/units.js';
import { exponential } from '../../sim/distributions.js';
import { uniformPaths } from '../../sim/geography.js';
import type { AccessLink } from '../../sim/network-access.js';
import { NO_COSTS, Processor, type ProcessorCosts } from '../../sim/processor.js';
import { World } from '../../sim/world.js';

interface Parcel {
  readonly type: 'media' | 'control';
  readonly sentAt: Time;
  readonly bytes: number;
}
interface Step {
  readonly type: 'connect' | 'send';
  readonly to: string;
  readonly parcel: Parcel;
}
type Script = Machine<Parcel, Step, null>;

const LATENCY = 40_000;
const BYTES = 1_000;

/** Does what it is told and notes how long each message was under way. */
function scripted(log: number[]): Script {
  return {
    handle(now, input, effects) {
      if (input.type === 'command') {
        const { type, to, parcel } = input.command;
        if (type === 'connect') effects.connect({ node: to, address: `sim:${to}` });
        else effects.send(to, parcel);
      } else if (input.type === 'message') log.push(now - input.message.sentAt);
    },
    nextDeadline: () => null,
    view: () => null,
    restore() {},
  };
}

const SIZES = {
  encodedBytes: (parcel: Parcel) => parcel.bytes,
  carriesChunk: (parcel: Parcel) => parcel.type === 'media',
};

function create(
  log: number[],
  nodes: Readonly<Record<string, AccessLink>>,
  cpu: Readonly<Record<string, ProcessorCosts>> = {},
): World<Parcel, Step, null> {
  const world = new World<Parcel, Step, null>({ network: { sizes: SIZES, paths: uniformPaths(LATENCY) } });
  for (const [id, link] of Object.entries(nodes)) {
    const { encodedBytes } = SIZES;
    const ports = { costs: cpu[id] ?? NO_COSTS, encodedBytes, crypto: { sign: 0, verify: 0, hash: 0 }, onFull() {} };
    world.add(id, new Processor(scripted(log), ports), link);
  }
  return world;
}

/** Poisson arrivals of messages from random senders to random receivers. */
function load(
  world: World<Parcel, Step, null>,
  plan: { from: string[]; to: string[]; rate: number; count: number; parcel: Omit<Parcel, 'sentAt'>; seed: string },
): Time {
  for (const from of plan.from) {
    for (const to of plan.to) world.command(from, { type: 'connect', to, parcel: { ...plan.parcel, sentAt: 0 } });
  }
  const rng = createRng(plan.seed);
  let at = 10 * SECOND;
  for (let index = 0; index < plan.count; index++) {
    at += exponential(rng, SECOND / plan.rate);
    const from = plan.from[rng.below(plan.from.length)] as string;
    const to = plan.to[rng.below(plan.to.length)] as string;
    const sentAt = Math.ceil(at);
    world.schedule(sentAt, () => world.command(from, { type: 'send', to, parcel: { ...plan.parcel, sentAt } }));
  }
  return at + 10 * SECOND;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean wait in M/D/1: rho s / 2 (1 - rho), the Pollaczek-Khinchine formula with a fixed service time. */
const waitOf = (rho: number, service: number) => (rho * service) / (2 * (1 - rho));

for (const [type, rho] of [
  ['media', 0.5],
  ['media', 0.8],
  ['control', 0.7],
] as const) {
  test(`messages wait in an uplink as in M/D/1: ${type} at load ${rho}`, (t) => {
    const log: number[] = [];
    const service = 2_000;
    const fast = { up: 1e12, down: 1e12 };
    const world = create(log, { a: { up: (BYTES * 8 * SECOND) / service, down: 1e12 }, b: fast, c: fast, d: fast });
    const count = 300_000;
    const rate = (rho * SECOND) / service;
    const end = load(world, {
      from: ['a'],
      to: ['b', 'c', 'd'],
      rate,
      count,
      parcel: { type, bytes: BYTES },
      seed: 'uplink',
    });
    world.run(end);
    t.is(log.length, count);
    const wait = mean(log) - service - LATENCY;
    const expected = waitOf(rho, service);
    t.true(Math.abs(wait / expected - 1) < 0.05, `${wait} µs, in theory ${expected} µs`);
    const histogram = type === 'media' ? world.network.access.mediaWaits : world.network.access.controlWaits;
    t.true(histogram.total >= count);
    const median = [...log].sort((a, b) => a - b)[count / 2]! - service - LATENCY;
    t.true(Math.abs(histogram.quantile(0.5) - median) <= 0.25 * median + 2, 'the histogram agrees within a bucket');
  });
}

test('messages of many senders wait in a downlink as in M/D/1', (t) => {
  const log: number[] = [];
  const service = 2_000;
  const rho = 0.75;
  const senders = Array.from({ length: 50 }, (_, index) => `s${index}`);
  const lines = Object.fromEntries(senders.map((id) => [id, { up: 1e12, down: 1e12 }]));
  const world = create(log, { ...lines, hub: { up: 1e12, down: (BYTES * 8 * SECOND) / service } });
  const count = 300_000;
  const rate = (rho * SECOND) / service;
  const end = load(world, {
    from: senders,
    to: ['hub'],
    rate,
    count,
    parcel: { type: 'media', bytes: BYTES },
    seed: 'downlink',
  });
  world.run(end);
  t.is(log.length, count);
  const wait = mean(log) - service - LATENCY;
  const expected = waitOf(rho, service);
  t.true(Math.abs(wait / expected - 1) < 0.05, `${wait} µs, in theory ${expected} µs`);
});

for (const rho of [0.5, 0.8]) {
  test(`inputs wait for a processor as in M/D/1 at load ${rho}`, (t) => {
    const log: number[] = [];
    const fast = { up: 1e12, down: 1e12 };
    const costs = { ...NO_COSTS, perMessage: 60.5, perByte: 0.1395 };
    const service = costs.perMessage + BYTES * costs.perByte;
    const senders = ['a', 'b', 'c'];
    const world = create(log, { a: fast, b: fast, c: fast, hub: fast }, { hub: costs });
    const count = 300_000;
    const rate = (rho * SECOND) / service;
    const parcel = { type: 'media', bytes: BYTES } as const;
    world.run(load(world, { from: senders, to: ['hub'], rate, count, parcel, seed: 'processor' }));
    t.is(log.length, count);
    const wait = mean(log) - service - LATENCY;
    const expected = waitOf(rho, service);
    t.true(Math.abs(wait / expected - 1) < 0.05, `${wait} µs, in theory ${expected} µs`);
  });
}

test('a downlink faster than the senders adds nothing, one slower sets the pace', (t) => {
  for (const [down, expected] of [
    [8e6, LATENCY + 1_000 * 10],
    [4e6, LATENCY + 2_000 * 10],
  ] as const) {
    const log: number[] = [];
    const world = create(log, { a: { up: 8e6, down: 8e6 }, b: { up: 8e6, down } });
    const parcel: Parcel = { type: 'media', bytes: BYTES, sentAt: SECOND };
    world.command('a', { type: 'connect', to: 'b', parcel });
    world.run(SECOND);
    for (let index = 0; index < 10; index++) world.command('a', { type: 'send', to: 'b', parcel });
    world.run(2 * SECOND);
    t.is(log.length, 10);
    t.is(log[9], expected);
  }
});

test('control waits for one piece of media at most, and media pays for it', (t) => {
  const log: number[] = [];
  const world = create(log, { a: { up: 8e6, down: 8e6 }, b: { up: 8e6, down: 1e12 } });
  world.command('a', { type: 'connect', to: 'b', parcel: { type: 'control', bytes: 100, sentAt: 0 } });
  world.run(SECOND);
  for (let index = 0; index < 5; index++) {
    world.command('a', { type: 'send', to: 'b', parcel: { type: 'media', bytes: 50_000, sentAt: SECOND } });
  }
  world.command('a', { type: 'send', to: 'b', parcel: { type: 'control', bytes: 100, sentAt: SECOND } });
  world.command('a', { type: 'send', to: 'b', parcel: { type: 'media', bytes: 50_000, sentAt: SECOND } });
  world.run(3 * SECOND);
  t.is(log.length, 7);
  t.true(log[0]! - LATENCY <= 16_384 + 100, `control took ${log[0]} µs`);
  t.is(log[6], LATENCY + 6 * 50_000 + 100);
});
