import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ask, eventually, scratch, startProgram } from './programs.js';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** Runs a program to its end; a daemon that it leaves behind does not keep the test waiting. */
function run(name: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [`apps/bin/${name}.js`, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let out = '';
  let errors = '';
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (errors += piece.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, errors }));
  });
}

const PORTS = ['--port', '0', '--peer-port', '0', '--log-level', 'error'];
const word = (out: string, name: string): string => new RegExp(`^${name}\\s+(.*)$`, 'm').exec(out)?.[1] ?? '';
const pidOf = (folder: string): number => Number(readFileSync(join(folder, 'pid'), 'utf8').split(' ')[0]);

function endWithTest(t: ExecutionContext, folder: string): void {
  t.teardown(() => void spawnSync(process.execPath, ['apps/bin/astralnode.js', '-D', 'stop', '--data', folder]));
}

test.serial('a daemon starts once, is up when the command returns, restarts as itself and stops', async (t) => {
  const folder = join(scratch(t), 'daemon');
  endWithTest(t, folder);
  const daemon = (action: string): Promise<Ended> => run('astralnode', ['-D', action, '--data', folder, ...PORTS]);
  const idle = await daemon('stop');
  t.is(idle.code, 0);
  t.regex(idle.out, /^no node runs/);

  // Several starts at the same moment: one of them makes the node.
  const starts = await Promise.all(['start', 'start', 'start', 'start'].map(daemon));
  t.deepEqual(starts.map(({ code }) => String(code)).toSorted(), ['0', '3', '3', '3']);
  const first = starts.find(({ code }) => code === 0)?.out ?? '';
  t.is((await ask(`${word(first, 'control')}/healthz`)).status, 200, 'up when the command returns');
  t.true(statSync(join(folder, 'pid')).mode === 0o100600 && statSync(join(folder, 'log')).mode === 0o100600);
  const pid = pidOf(folder);

  const restarted = await daemon('restart');
  t.is(restarted.code, 0);
  t.is(word(restarted.out, 'stopped'), String(pid));
  t.is(word(restarted.out, 'node'), word(first, 'node'), 'the same identity');
  t.not(pidOf(folder), pid);
  t.is((await run('astralctl', ['--data', folder, 'nodes'])).code, 0);

  // A number that another process has by now is nobody's node.
  process.kill(pidOf(folder), 'SIGKILL');
  writeFileSync(join(folder, 'pid'), `${process.pid} 1\n`);
  const again = await daemon('start');
  t.is(again.code, 0);
  const stopped = await daemon('stop');
  t.is(stopped.code, 0);
  await t.throwsAsync(ask(`${word(again.out, 'control')}/healthz`), { code: 'ECONNREFUSED' }, 'gone when it returns');

  const { code, errors } = await run('astralnode', [
    '-D',
    'start',
    '--data',
    folder,
    '--port',
    '0',
    '--directory',
    'x',
  ]);
  t.is(code, 2);
  t.regex(errors, /--directory: must be an address/);
  t.is((await run('astralnode', ['-D', 'start', '--ephemeral'])).code, 2);
  t.is((await run('astralnode', ['-D', 'again'])).code, 2);

  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  t.teardown(() => taken.close());
  const port = String((taken.address() as AddressInfo).port);
  t.is((await run('astralnode', ['-D', 'start', '--data', folder, '--port', port])).code, 3, 'the code of the daemon');
  t.regex(readFileSync(join(folder, 'log'), 'utf8'), /taken/);
});

test.serial(
  'what a node is told comes from flags, then the environment, then a file, and every problem is named',
  async (t) => {
    const base = scratch(t);
    const settings = join(base, 'settings');
    const start = async (args: string[], env: Record<string, string> = {}): Promise<string> => {
      const before = { ...process.env };
      Object.assign(process.env, env);
      const program = await startProgram(t, 'astralnode', ['--ephemeral', ...args], 'page');
      for (const key of Object.keys(env)) if (before[key] === undefined) delete process.env[key];
      const peers = program.printed.get('peers') ?? t.fail(program.errors());
      program.process.kill('SIGKILL');
      return peers;
    };
    const [a, b, c] = await Promise.all([freePort(), freePort(), freePort()]);
    writeFileSync(settings, `# a node\npeer-port = ${a}\nport=0\nlog_level = error\nuplink = 8Mbit\n`);
    t.is(new URL(await start(['-s', settings])).port, a);
    t.is(new URL(await start(['-s', settings], { ASTRAL_PEER_PORT: b })).port, b);
    t.is(new URL(await start(['-s', settings, '--peer-port', c], { ASTRAL_PEER_PORT: b })).port, c);
    writeFileSync(settings, JSON.stringify({ peerPort: Number(a), port: 0, logLevel: 'error', directory: [] }));
    t.is(new URL(await start(['--settings', settings])).port, a);

    writeFileSync(settings, 'port = 99999\ncolour = red\nuplink\nlog-level = loud\n');
    const wrong = await run('astralnode', ['-s', settings, '--bootstrap', 'x', '-l', '1', '--uplink', '1Mbit'], {
      ASTRAL_UUID: '../x',
      ASTRAL_NOBODYS: '1',
    });
    t.is(wrong.code, 2);
    const lines = wrong.errors.trimEnd().split('\n');
    for (const part of [
      `${settings}: port: must be a port`,
      `${settings}: colour: is no setting`,
      `${settings}: line 3: must look like`,
      `${settings}: log-level: must be error`,
      'ASTRAL_UUID: must be a name',
      '--bootstrap: must be a host and a port',
      '--uplink: says the same as',
    ])
      t.true(
        lines.some((line) => line.startsWith(`astralnode: `) && line.includes(part)),
        `${part}\n${wrong.errors}`,
      );
    t.is(lines.length, 7, wrong.errors);
    t.is((await run('astralnode', ['-s', join(base, 'none')])).code, 2);
  },
);

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

test.serial('identity, epochs and own streams survive a kill at any moment', async (t) => {
  const folder = join(scratch(t), 'killed');
  const args = ['--data', folder, ...PORTS, '--sample', 'Kept'];
  const state = (): { incarnation: number } =>
    JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as { incarnation: number };
  const key = (): string => readFileSync(join(folder, 'node.key'), 'utf8');
  const first = await startProgram(t, 'astralnode', args, 'page');
  first.process.kill('SIGKILL');
  await first.exit;
  const kept = key();
  let incarnation = state().incarnation;
  for (let round = 0; round < 8; round += 1) {
    const child = spawn(process.execPath, ['apps/bin/astralnode.js', ...args], { stdio: 'ignore' });
    const exit = new Promise((resolve) => child.on('exit', resolve));
    await new Promise((resolve) => setTimeout(resolve, 250 + Math.random() * 600));
    child.kill('SIGKILL');
    await exit;
    t.is(key(), kept);
    t.true(state().incarnation >= incarnation);
    incarnation = state().incarnation;
  }
  // A process that ended, killed between the draft of its claim and the claim.
  const ended = spawnSync(process.execPath, ['--version']).pid;
  writeFileSync(join(folder, `pid.${ended}.new`), `${ended} -\n`, { mode: 0o600 });
  const last = await startProgram(t, 'astralnode', args, 'page');
  t.is(last.printed.get('node'), first.printed.get('node'));
  t.is(state().incarnation, incarnation + 1);
  t.is((JSON.parse(readFileSync(join(folder, 'streams.json'), 'utf8')) as unknown[]).length, 1);
  t.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.new')),
    [],
    'no drafts are left',
  );
});

test.serial('a file is replaced whole or not at all, whenever its writer is killed', async (t) => {
  const path = join(scratch(t), 'file');
  const script = `import { writePrivate } from ${JSON.stringify(new URL('../../apps/node/files.js', import.meta.url).href)};
    for (let i = 0; ; i++) writePrivate(process.argv[1], JSON.stringify({ i, filling: 'x'.repeat(i % 5000), end: i }));`;
  let newest = -1;
  for (let round = 0; round < 12; round += 1) {
    const began = Date.now();
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], { stdio: 'ignore' });
    const exit = new Promise((resolve) => child.on('exit', resolve));
    const seen = (): boolean => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > began;
    await eventually('the writer writes', 20, () => Promise.resolve(seen() || null));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
    child.kill('SIGKILL');
    await exit;
    const { i, end } = JSON.parse(readFileSync(path, 'utf8')) as { i: number; end: number };
    t.is(i, end);
    newest = Math.max(newest, i);
  }
  t.true(newest > 0, 'it was killed in the middle of its work');
});
