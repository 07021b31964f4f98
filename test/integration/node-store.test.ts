import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { scratch, startProgram, type Program } from './programs.js';

test('what is on disk is private, and what is damaged is not replaced', async (t) => {
  const folder = join(scratch(t), 'node');
  const args = ['--data', folder, '--port', '0', '--peer-port', '0', '--log-level', 'error'];
  const start = (): Promise<Program> => startProgram(t, 'astralnode', args, 'page');
  const first = await start();
  const id = first.printed.get('node');
  t.is(statSync(folder).mode & 0o777, 0o700);
  for (const file of ['node.key', 'token', 'state.json', 'pid'])
    t.is(statSync(join(folder, file)).mode & 0o777, 0o600, file);
  const second = await start();
  t.is(await second.exit, 3, 'two processes are never one node');
  first.process.kill('SIGKILL');
  await first.exit;
  const again = await start();
  t.is(again.printed.get('node'), id, 'the identity survives kill -9');
  again.process.kill('SIGTERM');
  t.is(await again.exit, 0);

  const key = join(folder, 'node.key');
  const good = readFileSync(key);
  const flipped = Buffer.from(good);
  const seedAt = good.indexOf('"seed":"') + 12;
  flipped[seedAt] = flipped[seedAt] === 65 ? 66 : 65;
  for (const [what, bytes] of Object.entries({
    empty: '',
    garbage: 'garbage',
    truncated: good.subarray(0, -20),
    flipped,
  })) {
    writeFileSync(key, bytes);
    const program = await start();
    t.is(await program.exit, 3, what);
    t.regex(program.errors(), /node\.key: is damaged/, what);
    t.deepEqual(readFileSync(key), Buffer.from(bytes), what);
  }
  writeFileSync(key, good);
  for (const [file, mode] of [
    ['token', 0o640],
    ['node.key', 0o604],
    ['', 0o750],
  ] as const) {
    const path = join(folder, file);
    const before = statSync(path).mode & 0o777;
    chmodSync(path, mode);
    const program = await start();
    t.is(await program.exit, 3, path);
    t.regex(program.errors(), /chmod/, path);
    chmodSync(path, before);
  }
  const planted = join(scratch(t), 'planted');
  mkdirSync(planted, { mode: 0o700 });
  symlinkSync(key, join(planted, 'token'));
  const linked = await startProgram(t, 'astralnode', ['--data', planted, '--port', '0'], 'page');
  t.is(await linked.exit, 3);
  t.regex(linked.errors(), /symbolic link/);
});
