import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readMedia } from '../../apps/cli/live/probe.js';
import { FragmentReader } from '../../apps/node/media/fragment-reader.js';
import type { TimedDocument } from '../../experiments/timed.js';
import { eventually, scratch } from './programs.js';

const ASTRAL = resolve('apps/bin/astral.js');

interface Running {
  readonly pid: number;
  output(): string;
  kill(signal: NodeJS.Signals): void;
  /** Resolves to the exit code, or the signal's name. */
  readonly exit: Promise<number | string>;
}

function astral(t: ExecutionContext, cwd: string, ...parameters: string[]): Running {
  const env = { ...process.env, NO_COLOR: '1' };
  const child = spawn(process.execPath, [ASTRAL, ...parameters], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (output += piece.toString()));
  const exit = new Promise<number | string>((done) => child.on('exit', (code, signal) => done(code ?? signal ?? '')));
  t.teardown(async () => {
    child.kill('SIGINT');
    await exit;
  });
  return { pid: child.pid ?? 0, output: () => output, kill: (signal) => child.kill(signal), exit };
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url).then(
    () => true,
    () => false,
  );
}

/** Addresses of the programs that a network has printed. */
function addressesIn(output: string): string[] {
  return [...new Set([...output.matchAll(/http:\/\/127\.0\.0\.1:\d+/g)].map(([url]) => url))];
}

async function allGone(urls: readonly string[]): Promise<void> {
  await eventually('nothing answers any more', 30, async () => {
    const up = await Promise.all(urls.map(answers));
    return up.includes(true) ? null : true;
  });
}

test.serial(
  'the main job: simulation beside the baseline, a live network, its deepest node plays, and nothing is left',
  async (t) => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    t.is(scripts['start'], 'node apps/bin/astral.js demo', 'what npm start runs is what runs here');
    const folder = scratch(t);
    const small = ['--nodes', '4', '--viewers', '25', '--duration', '30s', '--seed', '5'];
    const demo = astral(t, folder, 'demo', '--once', ...small);
    t.is(await demo.exit, 0, demo.output());
    const output = demo.output();
    t.regex(output, /astral +origin-edge +bound/);
    t.regex(output, /offload +\d\d\.\d+ % +-\d+\.\d+ % +96\.00 %/);
    t.regex(output, /astral: invariants S3 .*held/);
    t.regex(output, /viewer-\d, [2-9] hops from the publisher, plays\./, 'the uplinks force a chain');
    t.regex(output, /avc1\.42c01e and mp4a\.40\.2: \d+ kB, \d\.\d s, \d+ fragments, \d+ samples/);
    t.true(
      output.split('\n').every((line) => line.length <= 80),
      output,
    );
    t.false(output.includes('\u001B'), 'no colour without a terminal');
    const [run = ''] = readdirSync(join(folder, 'runs')).filter((name) => name !== 'latest');
    const files = readdirSync(join(folder, 'runs', run));
    for (const name of ['scenario.json', 'summary.json', 'recording.ndjson.gz', 'viewers.parquet'])
      t.true(files.includes(name), name);
    const summary = JSON.parse(readFileSync(join(folder, 'runs', 'latest', 'summary.json'), 'utf8')) as TimedDocument;
    t.like(summary, { nodes: 25, seed: 5, protocol: 'astral' });
    t.true(output.includes(`${summary.run.events} events`), 'what is printed is of this run');
    await allGone(addressesIn(output));
    t.false(existsSync(join(tmpdir(), `astral-up-${demo.pid}`)));
  },
);

test.serial(
  'a network stays until Ctrl-C, which is exit 0; and when its parent is killed, no orphan stays behind',
  async (t) => {
    const folder = scratch(t);
    let killed = 0;
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const up = astral(t, folder, 'up', '--nodes', '2', '--no-open');
      await eventually('the network stands', 90, async () => (up.output().includes('Ctrl-C') ? true : null));
      const urls = addressesIn(up.output());
      t.true(urls.length >= 2 && (await Promise.all(urls.map(answers))).every(Boolean), up.output());
      const [, page = ''] = /look here +(\S+)/.exec(up.output()) ?? [];
      const sources = (await (await fetch(new URL('sources.json', page))).json()) as Record<string, unknown>;
      t.true(typeof sources['views'] === 'string' && sources['player'] !== null, JSON.stringify(sources));
      up.kill(signal);
      t.is(await up.exit, signal === 'SIGINT' ? 0 : 'SIGKILL');
      await allGone(urls);
      t.is(existsSync(join(tmpdir(), `astral-up-${up.pid}`)), signal === 'SIGKILL');
      killed = up.pid;
    }
    const next = astral(t, folder, 'up', '--nodes', '1', '--once');
    await eventually('what the killed one left is removed', 60, async () =>
      existsSync(join(tmpdir(), `astral-up-${killed}`)) ? null : true,
    );
    next.kill('SIGTERM');
    t.is(await next.exit, 130);
  },
);

test('what a node played is read by a parser that is not ours: whole media passes, mutilated media does not', (t) => {
  const sample = readFileSync('apps/assets/sample.mp4');
  const parts = new FragmentReader().push(sample);
  if (!parts.ok) return t.fail(parts.error);
  const pieces = parts.value.map((part) => (part.type === 'init' ? part.init.bytes : part.fragment.bytes));
  const whole = readMedia(pieces);
  t.like(whole, { ok: true, fragments: 120, codecs: ['avc1.42c01e', 'mp4a.40.2'] });
  t.false(readMedia(pieces.slice(1)).ok, 'without its beginning');
  t.false(readMedia(pieces.slice(0, 1)).ok, 'without any media');
  t.false(readMedia([]).ok);
  const [init = new Uint8Array(0), first = init, second = init] = pieces;
  t.false(readMedia([init, second, first]).ok, 'time that jumps back');
  t.false(readMedia([init, first, ...pieces.slice(20)]).ok, 'time that leaps ahead');
  const torn = Uint8Array.from(second);
  torn.fill(0, 4, 8);
  t.false(readMedia([init, first, torn]).ok, 'a box without a name');
});
