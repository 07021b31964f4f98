import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';

const ASTRAL = resolve('apps/bin/astral.js');
const folder = mkdtempSync(join(tmpdir(), 'astral-replay-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
const run = join(folder, 'run');

function astral(...parameters: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [ASTRAL, ...parameters], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 1 << 26,
  });
}

const recorded = astral('sim', 'w01', '--nodes', '8', '--duration', '12s', '--trace', '--out', run, '--json');
const summary = JSON.parse(recorded.stdout) as { digest: string };

test.serial('a run is repeated, entered at a moment, forked, and told from another one', (t) => {
  const replayed = astral('replay', run);
  t.is(replayed.status, 0, replayed.stderr);
  t.true(replayed.stdout.includes(`digest ${summary.digest}`));
  const at = astral('replay', run, '--at', '8s', '--json');
  const world = JSON.parse(at.stdout) as { nodes: { node: string }[] };
  t.true(world.nodes.some(({ node }) => node === 'publisher'));
  t.is((JSON.parse(astral('replay', run, '--at', '8s', '--node', 'v1').stdout) as { node: string }).node, 'v1');
  const fault = '{"at": "9s", "kind": "crash", "target": "v1"}';
  const forked = JSON.parse(
    astral('replay', run, '--at', '8s', '--set', 'settings.selection=random', '--fault', fault, '--json').stdout,
  ) as Record<'recorded' | 'changed', { document: { digest: string }; after: { crashes: number } }>;
  t.is(forked.recorded.document.digest, summary.digest);
  t.is(forked.changed.after.crashes - forked.recorded.after.crashes, 1);
  t.regex(astral('replay', run, '--at', '8s', '--fault', fault).stdout, /the same past: .* recorded digests? hold/);
  const refused = astral('replay', run, '--at', '8s', '--set', 'viewers=9');
  t.is(refused.status, 2);
  t.regex(refused.stderr, /viewers cannot change on the way/);
  const log = astral('replay', run, '--node', 'v1').stdout;
  t.regex(log, /^ +1 +\d+\.\d{6} < c watch +> .*reply ok/m);
  t.regex(log, /inputs; the same effects alone: hash [0-9a-f]{16}\n$/);
  t.like(JSON.parse(astral('replay', run, '--node', 'v1', '--json').stdout), { node: 'v1', same: true });
  const file = join(run, 'summary.json');
  const text = readFileSync(file);
  writeFileSync(file, JSON.stringify({ ...summary, seed: 2 }));
  const differs = astral('replay', run, '--json');
  t.is(differs.status, 1);
  t.like(JSON.parse(differs.stdout), { schema: 'astral.replay/1', same: false, from: 0, difference: { index: 1 } });
  const past = astral('replay', run, '--at', '8s');
  t.is(past.status, 1);
  t.regex(past.stderr, /the past of .* does not repeat: event 1 to 1000 differ/);
  writeFileSync(file, text);
});

test.serial('what cannot be replayed is exit 2, and says why', (t) => {
  const cases: readonly (readonly [RegExp, ...string[]])[] = [
    [/there is no no-such-run/, 'no-such-run'],
    [/has no scenario.json/, '.'],
    [/need --at/, run, '--fault', '{}'],
    [/must be a time with its unit/, run, '--at', '8'],
    [/beyond the run, which ends at 12s/, run, '--at', '1m'],
    [/v99 is not up then; there are publisher v1/, run, '--at', '8s', '--node', 'v99'],
    [/no peer v99 in this run/, run, '--node', 'v99'],
    [/no journal of form 2/, join(run, 'summary.json')],
    [/are for runs, not for journals/, join(run, 'summary.json'), '--at', '8s'],
    [/--log is for journals/, run, '--log'],
    [/is not JSON/, run, '--at', '8s', '--fault', '{'],
  ];
  for (const [wanted, ...parameters] of cases) {
    const { status, stderr } = astral('replay', ...parameters);
    t.is(status, 2, parameters.join(' '));
    t.regex(stderr, wanted);
  }
  t.regex(astral('replay', '--help').stdout, /Examples:\n {2}astral replay /);
});
