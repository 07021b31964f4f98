import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test from 'ava';

const ASTRAL = resolve('apps/bin/astral.js');
const folder = mkdtempSync(join(tmpdir(), 'astral-cli-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function astral(...parameters: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [ASTRAL, ...parameters], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 1 << 26,
  });
}

const SMALL = ['--nodes', '8', '--duration', '12s'];

test('--json prints exactly one document and writes nothing', (t) => {
  const { stdout, stderr, status } = astral('sim', 'w02@100', ...SMALL, '--seed', '7', '--json', '--twice');
  t.is(status, 0, stderr);
  const document = JSON.parse(stdout) as Record<string, unknown>;
  t.like(document, { schema: 'astral.sim/1', scenario: 'w02@100', seed: 7, nodes: 8, violations: [] });
  t.like(document['checks'], { S20: { verdict: 'held', count: 0 } });
  const run = document['run'] as Record<string, number>;
  for (const key of ['events', 'wallMs', 'virtualMs', 'speedup', 'eventsPerSecond', 'peakRssMb'])
    t.true(run[key]! > 0, key);
  t.is(stderr, '');
  t.false(existsSync(join(folder, 'runs')));
});

test('a run directory holds the complete scenario, the summary, two tables and a trace, and repeats itself', (t) => {
  const { stdout, stderr, status } = astral('sim', 'w01', ...SMALL, '--trace');
  t.is(status, 0, stderr);
  t.regex(stdout, /continuity mean/);
  t.regex(stdout, /(?:met|missed) +continuity\.mean >= 99\.990 %/);
  const latest = readlinkSync(join(folder, 'runs', 'latest'));
  t.regex(latest, /^\d{8}T\d{6}Z-w01-astral-1$/);
  t.true(stderr.includes(latest));
  const run = join(folder, 'runs', latest);
  t.deepEqual(readdirSync(run).sort(), [
    'digests.json',
    'inputs.ndjson.gz',
    'recording.ndjson.gz',
    'report.html',
    'scenario.json',
    'summary.json',
    'timeline.parquet',
    'trace.ndjson.gz',
    'viewers.parquet',
  ]);
  for (const table of ['timeline.parquet', 'viewers.parquet']) {
    const bytes = readFileSync(join(run, table));
    t.is(bytes.subarray(0, 4).toString() + bytes.subarray(-4).toString(), 'PAR1PAR1');
  }
  const lines = gunzipSync(readFileSync(join(run, 'trace.ndjson.gz')))
    .toString()
    .trimEnd()
    .split('\n');
  const kinds = new Set(lines.map((line) => (JSON.parse(line) as { type: string }).type));
  for (const kind of ['joined', 'ticket', 'chunk', 'peer']) t.true(kinds.has(kind), kind);
  const recording = gunzipSync(readFileSync(join(run, 'recording.ndjson.gz')))
    .toString()
    .trimEnd()
    .split('\n');
  const told = recording.map((line) => JSON.parse(line) as { type: string; at: number });
  t.is(told[0]?.type, 'recording');
  t.is(told.at(-1)?.type, 'summary');
  for (const kind of ['node', 'ticket', 'view', 'flow'])
    t.true(
      told.some(({ type }) => type === kind),
      kind,
    );
  t.true(
    told.every(({ at }, index) => index === 0 || at >= (told[index - 1]?.at ?? 0)),
    'in the order of time',
  );
  const summary = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as { digest: string };
  const again = astral('sim', join(run, 'scenario.json'), '--json');
  t.is((JSON.parse(again.stdout) as { digest: string }).digest, summary.digest, 'scenario.json alone repeats the run');
  t.is(astral('sim', 'w02', ...SMALL, '--out', run, '-q').status, 0);
  t.false(readdirSync(run).includes('trace.ndjson.gz'), 'what an earlier run kept in the same place is gone');
});

test('what cannot be is exit 2, one line a problem', (t) => {
  const bad = join(folder, 'bad.json');
  writeFileSync(bad, '{"name": "x", "viewrs": 1, "stream": {"bitrate": 5}}');
  const problems = astral('sim', bad);
  t.is(problems.status, 2);
  t.is(problems.stdout, '');
  t.deepEqual(problems.stderr.trim().split('\n').length, 2);
  t.regex(problems.stderr, /viewrs unknown key/);
  t.regex(problems.stderr, /stream\.bitrate must be a rate/);
  const cases: readonly (readonly [RegExp, ...string[]])[] = [
    [/workloads are w01, w02/, 'sim', 'w99'],
    [/no variant "7"; it has 100, 200, 800/, 'sim', 'w02@7'],
    [/no protocol "gossip"; there are astral/, 'sim', 'w02', '--protocol', 'gossip'],
    [/whole number/, 'sim', 'w02', '--nodes', 'many'],
    [/duration must be a duration/, 'sim', 'w02', '--duration', 'soon'],
    [/cheap/, 'sim', 'w02', '--check', 'some'],
    [/unknown option/, 'sim', 'w02', '--fast'],
    [/missing required argument/, 'sim'],
    [/unknown command/, 'simulate'],
    [/needs --out/, 'sim', 'w02', '--json', '--trace'],
  ];
  for (const [wanted, ...parameters] of cases) {
    const { status, stderr } = astral(...parameters);
    t.is(status, 2, parameters.join(' '));
    t.regex(stderr, wanted);
  }
});

test('a place that cannot be written is exit 3', (t) => {
  writeFileSync(join(folder, 'file'), '');
  const { status, stderr } = astral('sim', 'w01', ...SMALL, '--out', join(folder, 'file', 'below'));
  t.is(status, 3);
  t.regex(stderr, /ENOTDIR/);
});

test('a folder that cannot be is exit 3, and neither a sweep nor a scenario is written over', (t) => {
  if (process.platform === 'linux') {
    // Node tries for ever to make a folder with all above it where /proc refuses.
    const refused = spawnSync(process.execPath, [ASTRAL, 'sim', 'w02', ...SMALL, '--out', '/proc/x/y'], {
      timeout: 60_000,
    });
    t.is(refused.status, 3);
  }
  const taken = join(folder, 'taken');
  mkdirSync(taken);
  writeFileSync(join(taken, 'manifest.json'), '{}');
  for (const command of ['sim', 'compare']) {
    const { status, stderr } = astral(command, 'w02', ...SMALL, '--out', taken);
    t.is(status, 2, command);
    t.regex(stderr, /taken holds a sweep/);
  }
  const own = join(folder, 'own');
  mkdirSync(own);
  const text = '{"name":"own","viewers":3,"duration":"6s"}';
  writeFileSync(join(own, 'scenario.json'), text);
  t.is(astral('sim', join(own, 'scenario.json'), '--out', own).status, 2);
  t.is(readFileSync(join(own, 'scenario.json'), 'utf8'), text);
});

test('what cannot be read is named by report, with exit 2', (t) => {
  const torn = join(folder, 'torn');
  t.is(astral('sim', 'w02', ...SMALL, '--out', torn, '-q').status, 0);
  writeFileSync(join(torn, 'viewers.parquet'), '');
  const table = astral('report', torn);
  t.is(table.status, 2, table.stderr);
  t.regex(table.stderr, /viewers\.parquet is no table/);
  writeFileSync(join(torn, 'summary.json'), '{');
  const summary = astral('report', torn);
  t.is(summary.status, 2, summary.stderr);
  t.regex(summary.stderr, /summary\.json is not JSON/);
  // The complete scenario of a run may be run again in its place.
  t.is(astral('sim', join(torn, 'scenario.json'), '--out', torn, '-q').status, 0);
  t.is(astral('report', torn).status, 0);
});

test('what nobody catches is exit 70 and in words', (t) => {
  const standing = 'process.listenerCount("uncaughtException") > 0';
  const planted = `data:text/javascript,setInterval(() => { if (${standing}) throw new Error("planted") }, 20)`;
  const { status, stderr } = spawnSync(process.execPath, ['--import', planted, ASTRAL, 'sim', 'w02', ...SMALL], {
    cwd: folder,
    encoding: 'utf8',
  });
  t.is(status, 70, stderr);
  t.regex(stderr, /^astral: this is a bug in astral: Error: planted\n/m);
});

test('lists and help', (t) => {
  for (const what of ['workloads', 'protocols', 'policies', 'faults', 'checkers']) {
    const { stdout, status } = astral('list', what, '--json');
    t.is(status, 0);
    const list = (JSON.parse(stdout) as Record<string, { name: string }[]>)[what];
    t.true(list !== undefined && list.length > 0, what);
  }
  t.regex(astral('list', 'workloads').stdout, /w02.*@100 @200 @800/);
  for (const command of [[], ['sim'], ['list']]) {
    const { stdout, status } = astral(...command, '--help');
    t.is(status, 0);
    t.regex(stdout, /Examples?:\n {2}astral /);
  }
  for (const name of ['web', 'node', 'ctl']) t.regex(astral(name, '--help').stdout, /Examples?:\n {2}astral/);
  t.regex(astral('--version').stdout, /^\d+\.\d+\.\d+\n$/);
});
