import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Rng } from '../../core/machine.js';
import type { Message } from '../../core/message.js';
import { ASTRAL, PROTOCOLS, type Entry } from '../../experiments/protocols.js';
import { alone } from '../../experiments/replay/alone.js';
import { NoRun, readRun } from '../../experiments/replay/recorded-run.js';
import { repeat } from '../../experiments/replay/repeat.js';
import { INPUTS, RunDirectory } from '../../experiments/run-directory.js';
import { simulateTimed } from '../../experiments/timed.js';
import { InputComparison, InputLog, sameInput, type InputRecord } from '../../sim/inputs.js';
import { loadScenario } from '../../sim/scenario.js';
import { simulate, type Contender } from '../../sim/simulate.js';
import { Simulation } from '../../sim/simulation.js';

const folder = mkdtempSync(join(tmpdir(), 'astral-replay-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const loaded = loadScenario({
  name: 'small',
  viewers: 15,
  duration: '25s',
  ramp: '5s',
  sessions: { model: 'exponential', mean: '40s' },
});
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const { scenario, document } = loaded;
const found = PROTOCOLS.get('astral');
if (found === undefined) throw new Error('astral is missing');
const entry: Entry = found;

/** Astral whose viewer of that name draws one random number too many at its `at`-th draw. */
function oneDrawTooMany(viewer: string, at: number): Contender<Message> {
  const unlucky = (rng: Rng): Rng => {
    let draws = 0;
    const extra = (): unknown => (++draws === at ? rng.next() : null);
    return {
      next: () => (extra(), rng.next()),
      below: (n) => (extra(), rng.below(n)),
      fork: (label) => rng.fork(label),
    };
  };
  const { protocol, createDirectory } = ASTRAL;
  const create: typeof protocol.create = (identity, config, rng, crypto) =>
    protocol.create(identity, config, identity.id === viewer ? unlucky(rng) : rng, crypto);
  return { createDirectory, protocol: { ...protocol, create } };
}

function inputsOf(contender: Contender<Message>): InputRecord[] {
  const records: InputRecord[] = [];
  simulate(scenario, { ...contender, seed: 1, check: 'off', inputs: (record) => records.push(record) });
  return records;
}

const clean = inputsOf(ASTRAL);
/** Planted faults that show, and late enough to be interesting; whose draws those are is a matter of luck. */
const planted: { readonly contender: Contender<Message>; readonly inputs: InputRecord[]; readonly index: number }[] =
  [];
for (let turn = 0; planted.length < 2 && turn < 60; turn++) {
  const contender = oneDrawTooMany(`v${1 + (turn % 15)}`, 6 + 2 * Math.floor(turn / 15));
  const inputs = inputsOf(contender);
  const index = inputs.findIndex((record, place) => clean[place] === undefined || !sameInput(record, clean[place]));
  if (index > 1_000) planted.push({ contender, inputs, index });
}

test('a run that is observed, and halted on the way, is the run that is not', (t) => {
  const { document: whole } = simulate(scenario, { ...ASTRAL, seed: 1, check: 'off' });
  t.is(clean.length, whole.run.events);
  const run = new Simulation(scenario, { ...ASTRAL, seed: 1, check: 'off' });
  for (const at of [1, 333_333, 2_000_000, 7_654_321, 12_000_000]) {
    run.runTo(at);
    t.is(run.now, at);
    t.is(run.events, clean.filter((record) => record.at <= at).length);
  }
  t.true(run.ids().length > 2 && run.ids().every((id) => run.view(id)?.node === id));
  t.is(run.view('nobody'), null);
  t.is(run.finish().document.digest, whole.digest);
});

test('two runs in one process are held against each other event by event', (t) => {
  t.is(planted.length, 2, 'two faults show');
  for (const { inputs, index } of planted) {
    const log = new InputLog();
    for (const record of clean) log.add(record);
    t.deepEqual(
      [0, index, clean.length - 1, clean.length].map((place) => log.get(place)),
      [clean[0]!, clean[index]!, clean.at(-1)!, null],
    );
    const comparison = new InputComparison(log);
    for (const record of inputs) comparison.add(record);
    t.deepEqual(comparison.finish(), {
      index,
      first: clean[index]!,
      second: inputs[index]!,
      before: clean.slice(index - 3, index),
    });
  }
});

test('a log that is full, and a run that ends sooner, are told from a difference', (t) => {
  const compare = (log: InputLog, second: readonly InputRecord[]): ReturnType<InputComparison['finish']> => {
    for (const record of clean) log.add(record);
    const comparison = new InputComparison(log);
    for (const record of second) comparison.add(record);
    return comparison.finish();
  };
  t.is(compare(new InputLog(), clean), null);
  t.is(compare(new InputLog(100), clean), null);
  t.like(compare(new InputLog(), clean.slice(0, 500)), { index: 500, first: clean[500], second: null });
  t.like(compare(new InputLog(), [...clean, clean[0]!]), { index: clean.length, first: null, second: clean[0] });
});

test('a run of another build is located to the very event, or to its thousand where no inputs were kept', async (t) => {
  for (const [round, { contender, index, inputs }] of [
    { contender: ASTRAL, index: -1, inputs: clean },
    ...planted,
  ].entries()) {
    const directory = new RunDirectory(join(folder, `run${round}`), document);
    const file = directory.inputs();
    const result = simulateTimed(scenario, {
      ...contender,
      seed: 1,
      check: 'off',
      inputs: (record) => file.write(record),
    });
    file.close();
    directory.write(result);
    const told = await repeat(readRun(directory.path), entry);
    t.is(told.same, index < 0);
    if (told.same) continue;
    t.like(told.difference, { index, first: inputs[index], second: clean[index] });
    t.is(told.from, index - (index % 1_000));
    rmSync(join(directory.path, INPUTS));
    t.like(await repeat(readRun(directory.path), entry), { from: told.from, to: told.to, difference: null });
    t.true(told.from <= index && index < told.to);
  }
});

/** Astral whose viewer v3 knows what no input told it: at its 60th input it sends when `odd` says so. */
function impure(odd: () => boolean): Entry {
  const { protocol } = ASTRAL;
  const create: typeof protocol.create = (identity, ...rest) => {
    const machine = protocol.create(identity, ...rest);
    const handle = machine.handle.bind(machine);
    let inputs = 0;
    machine.handle = (now, input, effects) => {
      handle(now, input, effects);
      if (++inputs === 60 && identity.id === 'v3' && odd())
        effects.send('publisher', { type: 'lacking', stream: 'x', epoch: 0, seqs: [] });
    };
    return machine;
  };
  const contender = { ...ASTRAL, protocol: { ...protocol, create } };
  return { ...entry, begin: (file, options) => new Simulation(file, { ...options, ...contender }) };
}

test('a node does the same alone, life after life; one that looks elsewhere is found out at the very input', (t) => {
  const directory = new RunDirectory(join(folder, 'alone'), document);
  directory.write(simulateTimed(scenario, { ...ASTRAL, seed: 1, check: 'off' }));
  const run = readRun(directory.path);
  for (const node of ['publisher', 'v3']) {
    const { digest, lives } = alone(run, entry, node, () => undefined);
    t.is(digest, run.digest);
    t.is(lives.length, 1);
    t.is(lives[0]?.differsAfter, null);
    t.deepEqual(
      lives[0]?.steps.map(({ at }) => at),
      clean.filter((record) => record.node === node).map(({ at }) => at),
    );
  }
  let asked = 0;
  const caught = alone(
    run,
    impure(() => ++asked === 1),
    'v3',
    () => undefined,
  );
  t.is(asked, 2);
  t.is(caught.lives[0]?.differsAfter, 60);
});

test('a directory without a complete run is refused with what is missing', (t) => {
  t.throws(() => readRun(folder), { instanceOf: NoRun, message: /no scenario\.json/ });
  const { path } = new RunDirectory(join(folder, 'cut-off'), document);
  t.throws(() => readRun(path), { instanceOf: NoRun, message: /no summary\.json/ });
});
