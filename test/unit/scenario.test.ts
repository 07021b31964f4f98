import { readFileSync, writeFileSync } from 'node:fs';
import { fc, test, testProp } from '@fast-check/ava';
import { listWorkloads, readWorkload } from '../../experiments/workloads.js';
import { loadScenario, scenarioJsonSchema, variantsOf, type Json } from '../../sim/scenario.js';
import { parseDuration, parseRate } from '../../sim/scenario/units.js';

const MINIMAL = { name: 'tiny' };

test('defaults are written out, and what was written loads as the same scenario', (t) => {
  const first = loadScenario(MINIMAL);
  if (!first.ok) return t.fail(JSON.stringify(first.problems));
  t.is(first.scenario.stream.bitrate, 500_000);
  t.is(first.scenario.stream.deadline, 3_000_000);
  t.is(first.scenario.duration, 360_000_000);
  t.deepEqual(first.scenario.sessions, { model: 'stay' });
  const second = loadScenario(first.document);
  t.true(second.ok && JSON.stringify(second) === JSON.stringify(first));
  return;
});

test('all problems are reported at once, with their paths', (t) => {
  const loaded = loadScenario({
    name: 'bad',
    viewrs: 3,
    viewers: 0,
    stream: { bitrate: 500_000, chunkTime: '100', keyframe: 1 },
    sessions: { model: 'weekly' },
    classes: [{ name: 'a', share: 2 }],
    faults: [{ at: '1s', kind: 'meteor', target: 'moon' }],
  });
  if (loaded.ok) return t.fail();
  t.deepEqual(loaded.problems.map(({ path }) => path).sort(), [
    'classes.0.share',
    'faults.0.kind',
    'faults.0.target',
    'sessions.model',
    'stream.bitrate',
    'stream.chunkTime',
    'stream.keyframe',
    'viewers',
    'viewrs',
  ]);
  t.true(
    loaded.problems.some(({ message }) => message.includes('"500kbit"')),
    'a bad unit is explained by a good one',
  );
  return;
});

test('relations between keys are checked too', (t) => {
  const loaded = loadScenario({
    ...MINIMAL,
    ramp: '7m',
    faults: [{ at: '1s', kind: 'leave', target: 'v1', for: '2s' }],
    stream: { keyframeEvery: '250ms', keyframeFactor: 20 },
    classes: [
      { name: 'a', share: 0.5 },
      { name: 'a', share: 0.4 },
    ],
  });
  const paths = loaded.ok ? [] : loaded.problems.map(({ path }) => path);
  t.deepEqual(paths, ['ramp', 'stream.keyframeEvery', 'stream.keyframeFactor', 'faults.0.for', 'classes', 'classes']);
});

test('variants merge, a model replaces its predecessor, and the command line has the last word', (t) => {
  const file: Json = {
    ...MINIMAL,
    sessions: { model: 'exponential', mean: '400s' },
    stream: { bitrate: '1Mbit', substreams: 8 },
    variants: { still: { sessions: { model: 'stay' }, stream: { bitrate: '2Mbit' } } },
  };
  const loaded = loadScenario(file, {
    variant: 'still',
    viewers: 7,
    set: [
      ['stream.keyframeFactor', 3],
      ['classes.0.downlink', '9Mbit'],
      ['classes.0.uplink.model', 'factor'],
      ['classes.0.uplink.value', 1.5],
    ],
  });
  if (!loaded.ok) return t.deepEqual(loaded.problems, []);
  const { scenario } = loaded;
  t.is(scenario.name, 'tiny@still');
  t.deepEqual(scenario.sessions, { model: 'stay' });
  t.deepEqual([scenario.stream.bitrate, scenario.stream.substreams, scenario.stream.keyframeFactor], [2e6, 8, 3]);
  t.is(scenario.viewers, 7);
  t.is(scenario.classes.length, 1);
  t.like(scenario.classes[0], { name: 'viewer', share: 1, uplink: { model: 'factor', value: 1.5 }, downlink: 9e6 });
  t.false(loadScenario(file, { variant: 'none' }).ok);
  t.deepEqual(variantsOf(file), ['still']);
  return;
});

test('a short run has a short ramp', (t) => {
  const loaded = loadScenario(MINIMAL, { duration: '30s' });
  t.true(loaded.ok && loaded.scenario.ramp === 10_000_000 && loaded.scenario.duration === 30_000_000);
  t.deepEqual(loadScenario(MINIMAL, { duration: 'soon' }).ok, false);
});

test('units', (t) => {
  t.deepEqual(['10m', '500ms', '2.5s', '1h', '7us', '5', 's', '-1s', '1 s', '1Mbit'].map(parseDuration), [
    600e6,
    500e3,
    2.5e6,
    3600e6,
    7,
    null,
    null,
    null,
    null,
    null,
  ]);
  t.deepEqual(['8Mbit', '1.5kbit', '3bit', '2Gbit', '1MB', '5s'].map(parseRate), [8e6, 1500, 3, 2e9, null, null]);
});

test('every workload and every variant of it is valid', (t) => {
  const workloads = listWorkloads();
  t.true(workloads.length >= 2);
  for (const { id, variants } of workloads) {
    for (const variant of [undefined, ...variants]) {
      const loaded = loadScenario(readWorkload(id), variant === undefined ? {} : { variant });
      t.deepEqual(loaded.ok ? [] : loaded.problems, [], `${id}@${variant ?? ''}`);
    }
  }
});

test('the published schema is the one of the code', (t) => {
  const path = 'experiments/scenario.schema.json';
  const current = `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`;
  if (process.env['ASTRAL_WRITE_SCHEMA'] === '1') writeFileSync(path, current);
  t.deepEqual(JSON.parse(readFileSync(path, 'utf8')), JSON.parse(current));
});

testProp(
  'whatever JSON comes, loading answers and never throws',
  [fc.jsonValue(), fc.jsonValue()],
  (t, file, value) => {
    const odd = loadScenario(file as Json);
    t.true(odd.ok || odd.problems.length > 0);
    const set = loadScenario(MINIMAL, {
      set: [
        ['stream.deadline', value as Json],
        ['classes', value as Json],
      ],
    });
    t.true(set.ok || set.problems.length > 0);
  },
);
