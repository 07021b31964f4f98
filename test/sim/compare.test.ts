import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { isFailure } from '../../apps/cli/compare-table.js';
import type { ComparisonDocument } from '../../experiments/compare/comparison.js';
import { flatten } from '../../experiments/compare/comparison.js';
import type { TimedDocument } from '../../experiments/timed.js';

const ASTRAL = resolve('apps/bin/astral.js');
const folder = mkdtempSync(join(tmpdir(), 'astral-compare-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function astral(...parameters: string[]): SpawnSyncReturns<string> {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(process.execPath, [ASTRAL, ...parameters], { cwd: folder, encoding: 'utf8', env });
}

const SMALL = ['--nodes', '8', '--duration', '15s', '--seeds', '3..5'];

test('the document: medians, paired differences and bounds are those of the runs, however many workers there were', (t) => {
  const { stdout, stderr, status } = astral(
    'compare',
    'w02@100',
    ...SMALL,
    '--json',
    '--out',
    'both',
    '--workers',
    '2',
  );
  t.is(status, 0, stderr);
  const document = JSON.parse(stdout) as ComparisonDocument;
  t.like(document, { schema: 'astral.compare/1', workload: 'w02@100', seeds: [3, 4, 5], nodes: 8 });
  t.deepEqual(JSON.parse(readFileSync(join(folder, 'both', 'compare.json'), 'utf8')), document);
  const lines = readFileSync(join(folder, 'both', 'runs.ndjson'), 'utf8')
    .trimEnd()
    .split('\n');
  const runs = lines.map((line) => JSON.parse(line) as TimedDocument);
  const names = ['astral', 'astral-2011', 'donet', 'origin-edge'];
  const all = names.flatMap((name) => [3, 4, 5].map((seed) => `${name} ${seed}`));
  t.deepEqual(runs.map(({ protocol, seed }) => `${protocol} ${seed}`).sort(), all);
  for (const { protocol, variant, metrics, violations } of document.rows) {
    t.is(variant, '100');
    t.is(violations > 0, protocol === 'astral-2011', protocol);
    // It may show nobody anything in so short a time, so that there is no figure.
    if (protocol === 'astral-2011') continue;
    const own = runs.filter((run) => run.protocol === protocol);
    for (const name of ['offload', 'arrivalLagMs.p95', 'continuityAt.10000']) {
      const values = own.map((run) => new Map(flatten(run.metrics)).get(name) ?? NaN).sort((a, b) => a - b);
      t.is(metrics[name]?.median, values[1], `${protocol} ${name}`);
    }
  }
  const offload = document.differences[0]?.metrics['offload'];
  t.true((offload?.mean ?? 0) > 0.5, 'viewers carry what relays carried');
  t.is(document.bound.offload, 1 - 1 / 8);
  const digests = (text: string): string[] => [...text.matchAll(/"digest":"(\w+)"/g)].map(([, digest]) => digest ?? '');
  const alone = astral('compare', 'w02@100', ...SMALL, '--out', 'one', '--workers', '1', '-q');
  t.is(alone.status, 0, alone.stderr);
  t.is(alone.stderr, '');
  t.regex(alone.stdout, /continuity .*\n[^]*offload .*87\.50 %/);
  t.regex(alone.stdout, /astral-2011 broke some \d+ times in 100, as is known of it\ninvariants: all others held/);
  t.deepEqual(digests(readFileSync(join(folder, 'one', 'runs.ndjson'), 'utf8')), digests(lines.join('\n')));
});

test('what a protocol breaks fails a comparison unless the protocol is known for it', (t) => {
  const row = { variant: 'default', metrics: {} };
  t.true(isFailure({ ...row, protocol: 'astral', violations: 1 }));
  t.false(isFailure({ ...row, protocol: 'astral', violations: 0 }));
  t.false(isFailure({ ...row, protocol: 'astral-2011', violations: 1 }));
});

test('a bare workload means all of its variants, one seed has no interval', (t) => {
  const file = { name: 'two', viewers: 4, duration: '8s', ramp: '2s', variants: { fat: { resourceIndex: 4 } } };
  writeFileSync(join(folder, 'two.json'), JSON.stringify(file));
  const { stdout, status } = astral(
    'compare',
    'two.json',
    '--seeds',
    '1',
    '--json',
    '--protocols',
    'origin-edge,astral',
  );
  t.is(status, 0);
  const { rows, differences, bounds } = JSON.parse(stdout) as ComparisonDocument;
  t.deepEqual(
    rows.map(({ protocol, variant }) => `${protocol} ${variant}`),
    ['origin-edge default', 'astral default', 'origin-edge fat', 'astral fat'],
  );
  t.deepEqual(
    differences.map(({ metrics }) => metrics),
    [{}, {}],
  );
  t.deepEqual(Object.keys(bounds), ['default', 'fat']);
});

test('Ctrl-C ends a comparison with 130', async (t) => {
  const out = join(folder, 'stopped');
  const child = spawn(process.execPath, [ASTRAL, 'compare', 'w02', '--nodes', '60', '--workers', '1', '--out', out], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  child.stderr.on('data', (piece: Buffer) => (told += piece.toString()));
  const closed = once(child, 'close');
  while (!existsSync(out) && child.exitCode === null) await sleep(50);
  await sleep(500);
  child.kill('SIGINT');
  const [code] = (await closed) as [number | null];
  t.is(code, 130, told);
  t.regex(told, /astral: interrupted/);
});

test('what cannot be compared is exit 2', (t) => {
  const cases: readonly (readonly [RegExp, ...string[]])[] = [
    [/There is no gossip; there are astral, origin-edge/, 'w02', '--protocols', 'astral,gossip'],
    [/1\.\.10/, 'w02', '--seeds', '5..1'],
    [/1\.\.10/, 'w02', '--seeds', 'some'],
    [/workloads are w01/, 'w99'],
    [/no variant "7"/, 'w02@7'],
  ];
  for (const [wanted, ...parameters] of cases) {
    const { status, stderr } = astral('compare', ...parameters);
    t.is(status, 2, parameters.join(' '));
    t.regex(stderr, wanted);
  }
  t.regex(astral('compare', '--help').stdout, /Examples:\n {2}astral compare/);
});
