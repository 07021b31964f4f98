import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import { eventually, scratch, startProgram } from './programs.js';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

function ctl(folder: string, ...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['apps/bin/astralctl.js', '--data', folder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
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

interface Stream {
  readonly slug: string;
  readonly id: string;
  readonly streaming: boolean;
  readonly paused: boolean;
}
interface Ticket {
  readonly ticket: number;
  readonly destination: string;
  readonly state: string;
}

test('a publisher is run from the command line: create, pause, resume, revoke, forget, remove, stop', async (t) => {
  const base = scratch(t);
  const stage = join(base, 'stage');
  const hall = join(base, 'hall');
  const ports = ['--port', '0', '--peer-port', '0', '--log-level', 'error'];
  const publisher = await startProgram(t, 'astralnode', ['--data', stage, ...ports], 'page');
  const created = await ctl(stage, 'create', 'Evening "show"', '--description', 'by night', '--json');
  t.is(created.code, 0, created.errors);
  const { stream } = JSON.parse(created.out) as { stream: Stream };
  t.is(stream.slug, 'evening-show');
  const peers = new URL(publisher.printed.get('peers') ?? '').host;
  const viewer = await startProgram(t, 'astralnode', ['--data', hall, ...ports, '--bootstrap', peers], 'page');
  t.is((await ctl(hall, 'watch', stream.id)).code, 3, 'a stream that nobody listed');
  const watching = ['--data', join(base, 'w'), ...ports, '--bootstrap', peers, '--watch', stream.id];
  const second = await startProgram(t, 'astralnode', watching, 'page');
  const streams = async (folder: string): Promise<Stream[]> =>
    (JSON.parse((await ctl(folder, 'streams', '--json')).out) as { streams: Stream[] }).streams;
  const streaming = async (folder: string, wanted: boolean): Promise<true> =>
    await eventually(`streaming: ${wanted}`, 30, async () =>
      (await streams(folder))[0]?.streaming === wanted ? true : null,
    );
  const watcher = join(base, 'w');
  await streaming(watcher, true);

  const paused = await ctl(stage, 'pause', 'evening-show');
  t.regex(paused.out, /evening-show +Evening "show" +false +true/);
  await streaming(watcher, false);
  t.is((await ctl(watcher, 'pause', stream.id)).code, 3, 'only its publisher');

  // Nothing goes out after a restart either, before the publisher says so.
  publisher.process.kill('SIGTERM');
  t.is(await publisher.exit, 0);
  const again = await startProgram(
    t,
    'astralnode',
    [
      '--data',
      stage,
      ...ports.slice(2),
      '--port',
      '0',
      '--peer-port',
      new URL(publisher.printed.get('peers') ?? '').port,
    ],
    'page',
  );
  t.like((await streams(stage))[0], { paused: true, streaming: false });
  t.is((await ctl(stage, 'resume', 'evening-show')).code, 0);
  await streaming(watcher, true);

  const tickets = async (): Promise<Ticket[]> =>
    (JSON.parse((await ctl(stage, 'tickets', '--json')).out) as { tickets: Ticket[] }).tickets;
  const [given] = await eventually('tickets are given', 30, async () => {
    const found = (await tickets()).filter(({ state }) => state === 'active');
    return found.length >= 4 ? found : null;
  });
  const revoked = await ctl(stage, 'revoke', String(given?.ticket), '--json');
  t.is(revoked.code, 0, revoked.errors);
  t.deepEqual(
    (JSON.parse(revoked.out) as { tickets: Ticket[] }).tickets.map(({ ticket }) => ticket),
    [given?.ticket ?? -1],
  );
  t.is((await ctl(stage, 'revoke', '4294967295')).code, 3);
  t.is((await ctl(stage, 'revoke', 'short')).code, 2);
  const all = await ctl(stage, 'revoke', second.printed.get('node') ?? '');
  t.is(all.code, 0, all.errors);

  const nodes = await ctl(stage, 'nodes');
  t.true(nodes.out.includes(second.printed.get('node') ?? ' '));
  t.is((await ctl(stage, 'forget', (second.printed.get('node') ?? '').slice(0, 10))).code, 0);
  t.is((await ctl(stage, 'forget', 'nobody-there')).code, 3);
  t.regex(
    (await ctl(stage, 'url', 'evening-show')).out,
    /^http:\/\/127\.0\.0\.1:\d+\/\?stream=evening-show#code=\S{32}\n$/,
  );

  const table = await ctl(stage, 'top', '--count', '2');
  t.is(table.code, 0, table.errors);
  t.is(table.out.match(/^Streams$/gm)?.length, 2, table.out);
  t.is(table.out, stripVTControlCharacters(table.out), 'no colours where nobody sees them');
  const json = (await ctl(stage, 'top', '--json', '--count', '1')).out;
  t.true('traffic' in (JSON.parse(json) as { node: object }).node);

  t.is((await ctl(stage, 'rm', 'evening-show')).code, 0);
  t.deepEqual(await streams(stage), []);
  t.is((await ctl(stage, 'stop')).code, 0);
  t.is(await again.exit, 0);
  t.is((await ctl(stage, 'nodes')).code, 3);
  t.is((await ctl(hall, 'no-such-command')).code, 2);
  viewer.process.kill('SIGTERM');
  t.is(await viewer.exit, 0);
});
