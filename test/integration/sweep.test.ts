import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { hasSlurm, SlurmCluster } from '../tools/slurm.js';

const ASTRAL = resolve('apps/bin/astral.js');
const folder = mkdtempSync(join(tmpdir(), 'astral-sweeps-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const STUDY = {
  name: 'twelve',
  scenarios: ['w02@100'],
  protocols: ['astral', 'origin-edge'],
  duration: '15s',
  parameters: { nodes: [20, 30] },
  seeds: '1..6',
};
writeFileSync(join(folder, 'study.json'), JSON.stringify(STUDY));
const RUNS = 24;

function astral(env: NodeJS.ProcessEnv, ...parameters: string[]): SpawnSyncReturns<string> {
  const options = { cwd: folder, encoding: 'utf8', env: { ...env, NO_COLOR: '1' } } as const;
  return spawnSync(process.execPath, [ASTRAL, ...parameters], options);
}

/** Finished runs and when they were written. */
function finished(out: string): Map<string, number> {
  const runs = join(folder, out, 'runs');
  if (!existsSync(runs)) return new Map();
  const names = readdirSync(runs).filter((name) => name.endsWith('.json'));
  return new Map(names.map((name) => [name, statSync(join(runs, name)).mtimeMs]));
}

async function until(holds: () => boolean, what: () => string): Promise<void> {
  for (const end = Date.now() + 120_000; !holds(); await sleep(50)) {
    if (Date.now() > end) throw new Error(`it never came to this: ${what()}`);
  }
}

const results = (out: string): Buffer => readFileSync(join(folder, out, 'results.parquet'));

test.before('an undisturbed sweep', (t) => {
  const { status, stderr } = astral(process.env, 'sweep', 'study.json', '--out', 'calm');
  t.is(status, 0, stderr);
  t.is(finished('calm').size, RUNS);
});

test.serial(
  'kill -9 in the middle, twice, and once more: every run is done once, and the bytes are the same',
  async (t) => {
    for (const enough of [3, 12]) {
      const child = spawn(process.execPath, [ASTRAL, 'sweep', 'study.json', '--out', 'killed'], {
        cwd: folder,
        stdio: 'ignore',
      });
      const gone = once(child, 'exit');
      await until(
        () => finished('killed').size >= enough || child.exitCode !== null,
        () => `${enough} runs`,
      );
      child.kill('SIGKILL');
      await gone;
      t.is(child.signalCode, 'SIGKILL', 'it was still at work');
    }
    const before = finished('killed');
    t.true(before.size >= 12 && before.size < RUNS, `${before.size} runs`);
    t.false(existsSync(join(folder, 'killed', 'results.parquet')));
    const { status, stdout, stderr } = astral(process.env, 'sweep', 'study.json', '--out', 'killed', '--json');
    t.is(status, 0, stderr);
    t.like(JSON.parse(stdout), { runs: RUNS, ran: RUNS - before.size });
    const after = finished('killed');
    for (const [name, time] of before) t.is(after.get(name), time, `${name} was not done again`);
    t.deepEqual(results('killed'), results('calm'));
    t.deepEqual(
      readdirSync(join(folder, 'killed', 'runs')).filter((name) => !name.endsWith('.json')),
      [],
    );
  },
);

test.serial('Ctrl-C ends a sweep in order, and says how it goes on', async (t) => {
  const child = spawn(process.execPath, [ASTRAL, 'sweep', 'study.json', '--out', 'stopped'], { cwd: folder });
  let said = '';
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
  const closed = once(child, 'close');
  await until(
    () => finished('stopped').size >= 1,
    () => said,
  );
  child.kill('SIGINT');
  await closed;
  t.is(child.exitCode, 130, said);
  t.regex(said, /interrupted; the same line again goes on/);
});

/** The process that does a part of a sweep, as `ps` would find it. */
function processOf(part: string, out: string): number | undefined {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => {
    const file = `/proc/${pid}/cmdline`;
    const words = existsSync(file) ? readFileSync(file, 'utf8').split('\0') : [];
    return words.includes(part) && words.includes(join(folder, out));
  });
  return found === undefined ? undefined : Number(found);
}

test.serial('sweeps on Slurm with jobs killed half-way give the bytes of the undisturbed one', async (t) => {
  if (!hasSlurm(t)) return;
  const cluster = await SlurmCluster.start(t);
  const submit = (out: string): { array: string; merge: string } => {
    const ended = astral(cluster.env, 'sweep', 'study.json', '--out', out, '--slurm', '--array', '3', '--json');
    t.is(ended.status, 0, ended.stderr);
    return JSON.parse(ended.stdout) as { array: string; merge: string };
  };
  const queue = (...more: string[]): string => cluster.run('squeue', '--all', '--states=all', ...more).stdout.trim();
  const state = (job: string): string => queue('--noheader', '--format=%t', `--jobs=${job}`);
  const told = (): string => `${queue()}\n${cluster.log()}`;
  const unmoved = (out: string, before: ReadonlyMap<string, number>): void => {
    t.true(before.size > 0 && before.size < RUNS, `${before.size} runs, so it was half-way`);
    const after = finished(out);
    for (const [name, time] of before) t.is(after.get(name), time, `${name} was not done again`);
    t.deepEqual(results(out), results('calm'));
  };

  const first = submit('requeued');
  await until(() => finished('requeued').size >= 4, told);
  const early = finished('requeued');
  const pid = processOf('2/3', 'requeued');
  t.truthy(pid, 'a task is at work');
  process.kill(pid as number, 'SIGKILL');
  t.is(cluster.run('scontrol', 'requeue', `${first.array}_1`).status, 0);
  await until(() => state(first.merge) === 'CD', told);
  unmoved('requeued', early);

  const second = submit('cancelled');
  await until(() => finished('cancelled').size >= 4, told);
  const half = finished('cancelled');
  t.is(cluster.run('scancel', '--signal=KILL', `${second.array}_2`).status, 0);
  await until(() => state(`${second.array}_2`) === 'CA', told);
  t.is(cluster.run('scontrol', 'requeue', `${second.array}_2`).status, 0);
  await until(() => existsSync(join(folder, 'cancelled', 'results.parquet')), told);
  unmoved('cancelled', half);
});

test('without sbatch it is exit 3 and says so', (t) => {
  const { status, stderr } = astral(
    { ...process.env, PATH: folder },
    'sweep',
    'study.json',
    '--out',
    'none',
    '--slurm',
  );
  t.is(status, 3);
  t.regex(stderr, /sbatch is not here/);
});
