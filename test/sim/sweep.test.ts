import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fc, test, testProp } from '@fast-check/ava';
import { runJobs } from '../../experiments/pool.js';
import { shardOf } from '../../experiments/sweep/run-sweep.js';
import { loadStudy } from '../../experiments/sweep/study.js';
import { studyJsonSchema } from '../../experiments/sweep/study-shape.js';
import type { Json } from '../../sim/scenario.js';

const ASTRAL = resolve('apps/bin/astral.js');
const folder = mkdtempSync(join(tmpdir(), 'astral-sweep-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function astral(...parameters: string[]): SpawnSyncReturns<string> {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(process.execPath, [ASTRAL, ...parameters], { cwd: folder, encoding: 'utf8', env });
}

const SMALL = {
  name: 'small',
  scenarios: ['w02'],
  protocols: ['astral', 'origin-edge'],
  duration: '5s',
  parameters: { nodes: [10, 5], stream: [{ substreams: 2 }, { substreams: 4, chunkTime: '50ms', keyframeFactor: 3 }] },
  seeds: '1..2',
};
writeFileSync(join(folder, 'small.json'), JSON.stringify(SMALL));

test('parts of a sweep, merged, are byte for byte the sweep that was done in one go', (t) => {
  const whole = astral('sweep', 'small.json', '--out', 'whole', '--workers', '2');
  t.is(whole.status, 0, whole.stderr);
  t.regex(whole.stdout, /continuity/);
  t.regex(whole.stdout, /duckdb -c "SELECT scenario, protocol, nodes, stream_substreams, stream_chunkTime/);
  for (const part of ['3/3', '1/3']) {
    const { status, stdout, stderr } = astral('sweep', 'small.json', '--out', 'parts', '--shard', part, '--json');
    t.is(status, 0, stderr);
    t.like(JSON.parse(stdout), { schema: 'astral.sweep-shard/1', shard: part, of: 16, violations: 0 });
  }
  const early = astral('sweep', 'merge', 'parts');
  t.is(early.status, 2);
  t.regex(early.stderr, /5 of 16 runs are missing in parts/);
  t.regex(early.stderr, /missing: w02 astral nodes=5 stream\.substreams=2 seed 2/);
  t.is(astral('sweep', 'small.json', '--out', 'parts', '--shard', '2/3').status, 0);
  const merged = astral('sweep', 'merge', 'parts', '--json', '-q');
  t.is(merged.status, 0, merged.stderr);
  t.is(merged.stderr, '');
  t.like(JSON.parse(merged.stdout), { schema: 'astral.sweep/1', runs: 16, ran: 0, violations: 0 });
  t.deepEqual(readFileSync(join(folder, 'parts/results.parquet')), readFileSync(join(folder, 'whole/results.parquet')));
  t.deepEqual(readdirSync(join(folder, 'parts')).sort(), ['cost.parquet', 'manifest.json', 'results.parquet', 'runs']);
  const first = join(folder, 'parts/runs/000000.json');
  writeFileSync(first, readFileSync(first, 'utf8').replace('"held","count":0', '"violated","count":2'));
  const broken = astral('sweep', 'merge', 'parts', '--json');
  t.is(broken.status, 1, 'a broken invariant in any run');
  t.like(JSON.parse(broken.stdout), { violations: 2 });
  const again = astral('sweep', 'small.json', '--out', 'whole', '--json');
  t.like(JSON.parse(again.stdout), { runs: 16, ran: 0 }, 'what is finished is not done again');
  const plan = astral('sweep', 'small.json', '--out', 'whole', '--dry-run', '--json');
  t.like(JSON.parse(plan.stdout), { runs: 16, finished: 16, viewerSeconds: 0, estimatedSeconds: 0 });
  writeFileSync(join(folder, 'other.json'), JSON.stringify({ ...SMALL, seeds: '1..3' }));
  const other = astral('sweep', 'other.json', '--out', 'whole');
  t.is(other.status, 2);
  t.regex(other.stderr, /whole holds another study .*; give --out a new directory/);
  const manifest = join(folder, 'whole/manifest.json');
  const { build } = JSON.parse(readFileSync(manifest, 'utf8')) as { build: string };
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(build, '0123456789abcdef'));
  t.regex(astral('sweep', 'small.json', '--out', 'whole').stderr, /another build of astral/);
});

test('a damaged run is named, and done again once it is removed', (t) => {
  writeFileSync(join(folder, 'few.json'), JSON.stringify({ ...SMALL, seeds: '1..1' }));
  t.is(astral('sweep', 'few.json', '--out', 'cut').status, 0);
  const file = join(folder, 'cut/runs/000000.json');
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 100));
  const { status, stderr } = astral('sweep', 'merge', 'cut');
  t.is(status, 2, stderr);
  t.regex(stderr, /000000\.json is damaged/);
  rmSync(file);
  t.is(astral('sweep', 'few.json', '--out', 'cut').status, 0);
});

test('the plan for Slurm, for programs: scripts, and what sbatch is given', (t) => {
  const planned = astral('sweep', 'small.json', '--out', 'far', '--slurm', '--dry-run', '--json');
  t.is(planned.status, 0, planned.stderr);
  const plan = JSON.parse(planned.stdout) as { schema: string; scripts: Record<string, string>; sbatch: string[][] };
  t.is(plan.schema, 'astral.sweep-slurm-plan/1');
  t.true(Object.values(plan.scripts).every((script) => script.startsWith('#!')));
  t.true(plan.sbatch[0]?.some((word) => word.startsWith('--array=')));
  t.false(existsSync(join(folder, 'far')));
});

test('what cannot be swept is exit 2, one line a problem', (t) => {
  const bad = { name: 'Bad Name', scenario: 'w02', scenarios: ['w99', 'w02@7'], protocols: ['gossip'], seeds: '9..1' };
  writeFileSync(join(folder, 'bad.json'), JSON.stringify({ ...bad, parameters: { 'stream.chunkTime': [] } }));
  const { status, stdout, stderr } = astral('sweep', 'bad.json', '--out', 'never');
  t.is(status, 2);
  t.is(stdout, '');
  const paths = stderr
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[2] ?? '');
  paths.sort((a, b) => (a < b ? -1 : 1));
  t.deepEqual(paths, [
    'name',
    'parameters["stream.chunkTime"]',
    'protocols.0',
    'scenario',
    'scenarios.0',
    'scenarios.1',
    'seeds',
  ]);
  const cases: readonly (readonly [RegExp, Record<string, Json>])[] = [
    [/scenarios\.0: stream\.chunkTim unknown key/, { parameters: { 'stream.chunkTim': ['50ms'] } }],
    [
      /keyframeFactor must be below 5.*first with stream\.chunkTime="200ms"/,
      { parameters: { 'stream.chunkTime': ['100ms', '200ms'] } },
    ],
    [/parameters\.protocol cannot be set here; use protocols/, { parameters: { protocol: ['astral'] } }],
    [/nodes and viewers are the same/, { parameters: { nodes: [5], viewers: [6] } }],
    [/no scenario file "\."/, { scenarios: ['.'] }],
    [/protocols\.0 no protocol "nope"[\s\S]*foo/, { protocols: ['nope'], parameters: { 'foo.bar': [1] } }],
    [/names this twice: w02 astral sessions\.mean=/, { parameters: { 'sessions.mean': ['100s', '100000ms'] } }],
    [
      /has 200000 runs; at most 100000/,
      { seeds: '1..1000', parameters: { nodes: Array.from({ length: 200 }, (_, at) => at + 1) } },
    ],
  ];
  for (const [wanted, change] of cases) {
    const loaded = loadStudy({ name: 'x', scenarios: ['w02'], ...change }, folder);
    t.regex(loaded.ok ? '' : loaded.problems.map(({ path, message }) => `${path} ${message}`).join('\n'), wanted);
  }
  const usage: readonly (readonly [RegExp, number, ...string[]])[] = [
    [/needs --out/, 2, 'sweep', 'small.json'],
    [/second of eight parts/, 2, 'sweep', 'small.json', '--shard', '9/8'],
    [/use --sbatch --cpus-per-task/, 2, 'sweep', 'small.json', '--out', 'x', '--slurm', '--workers', '2'],
    [/add --slurm, or leave them out/, 2, 'sweep', 'small.json', '--out', 'x', '--array', '2'],
    [/whole number from 1/, 2, 'sweep', 'small.json', '--workers', '0'],
    [/holds no sweep/, 2, 'sweep', 'merge', folder],
    [/holds other files and no sweep/, 2, 'sweep', 'small.json', '--out', folder],
    [/no study file "gone\.json"/, 2, 'sweep', 'gone.json', '--out', 'never'],
    [/no study file "\."/, 2, 'sweep', '.', '--out', 'never'],
  ];
  for (const [wanted, code, ...parameters] of usage) {
    const ended = astral(...parameters);
    t.is(ended.status, code, parameters.join(' '));
    t.regex(ended.stderr, wanted);
  }
});

test('the published schema of a study is the one of the code, and the studies that come with astral can be run', (t) => {
  const path = 'experiments/study.schema.json';
  const current = `${JSON.stringify(studyJsonSchema(), null, 2)}\n`;
  if (process.env['ASTRAL_WRITE_SCHEMA'] === '1') writeFileSync(path, current);
  t.deepEqual(JSON.parse(readFileSync(path, 'utf8')), JSON.parse(current));
  const studies = readdirSync('experiments/studies').filter((name) => name.endsWith('.json'));
  t.true(studies.length >= 3);
  for (const name of studies) {
    const file = JSON.parse(readFileSync(join('experiments/studies', name), 'utf8')) as Json;
    const loaded = loadStudy(file, 'experiments/studies');
    t.deepEqual(loaded.ok ? [] : loaded.problems, [], name);
    t.is(`${loaded.ok ? loaded.study.name : ''}.json`, name);
  }
});

test('what cannot be kept ends the runs with its own error', async (t) => {
  const loaded = loadStudy({ name: 'x', scenarios: ['w02'], nodes: 3, duration: '3s', seeds: '1..3' }, folder);
  const { scenario } = (loaded.ok ? loaded.study.cells[0] : undefined) ?? {};
  if (scenario === undefined) return t.fail();
  const jobs = [1, 2, 3].map((seed) => ({ scenario, protocol: 'astral', seed, version: 'test' }));
  const onDone = (): void => {
    throw new Error('no space left');
  };
  await t.throwsAsync(runJobs(jobs, { workers: 2, onDone }), { message: 'no space left' });
  const unknown = runJobs(
    jobs.map((job) => ({ ...job, protocol: 'gossip' })),
    { workers: 1 },
  );
  await t.throwsAsync(unknown, { message: /w02, gossip, seed 1: .*no protocol gossip/ });
  return;
});

testProp('every run is in one part', [fc.nat(300), fc.integer({ min: 1, max: 40 })], (t, size, of) => {
  const parts = Array.from({ length: of }, (_, at) => shardOf(size, { index: at + 1, of }));
  t.deepEqual(
    parts.flat().sort((a, b) => a - b),
    Array.from({ length: size }, (_, at) => at),
  );
});

testProp('whatever JSON comes as a study, reading it answers', [fc.jsonValue(), fc.jsonValue()], (t, file, value) => {
  for (const each of [
    file,
    { name: 'x', scenarios: ['w02'], seeds: value },
    { name: 'x', scenarios: value },
  ] as Json[]) {
    const loaded = loadStudy(each, folder);
    t.true(loaded.ok || loaded.problems.length > 0);
  }
  const set = loadStudy(
    { name: 'x', scenarios: ['w02'], set: { stream: value as Json }, parameters: { classes: [value as Json] } },
    folder,
  );
  t.true(set.ok || set.problems.length > 0);
});
