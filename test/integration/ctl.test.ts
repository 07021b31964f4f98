import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { ask, eventually, scratch, startProgram, type Program } from './programs.js';

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
  readonly watching: boolean;
}
interface Ticket {
  readonly ticket: number;
  readonly destination: string;
  readonly state: string;
}

const PORTS = ['--port', '0', '--log-level', 'error'];
/** Reads a node's API directly: a process for every look would keep a busy machine from the rest. */
async function read<T>(folder: string, path: string): Promise<T> {
  const [url, token] = ['url', 'token'].map((name) => readFileSync(join(folder, name), 'utf8').trim());
  return JSON.parse((await ask(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })).body) as T;
}
const streams = async (folder: string): Promise<Stream[]> =>
  (await read<{ streams: Stream[] }>(folder, '/streams')).streams;
const tickets = async (folder: string): Promise<Ticket[]> =>
  (await read<{ tickets: Ticket[] }>(folder, '/tickets')).tickets;
const nodes = async (folder: string): Promise<string[]> =>
  (await read<{ nodes: { uuid: string }[] }>(folder, '/nodes')).nodes.map(({ uuid }) => uuid);
/** Seconds; how long things take on a busy machine is not what is tested here. */
const PATIENCE = 120;

async function streaming(folder: string, wanted: boolean): Promise<true> {
  const look = async (): Promise<true | null> => ((await streams(folder))[0]?.streaming === wanted ? true : null);
  return await eventually(`streaming: ${wanted}`, PATIENCE, look);
}

interface Pair {
  readonly stage: string;
  readonly publisher: Program;
  /** `host:port` that peers of the publisher dial. */
  readonly peers: string;
  readonly hall: string;
  readonly viewer: Program;
  readonly stream: Stream;
}

/** A publisher whose stream was created from the command line, and a viewer of it. */
async function startPair(t: ExecutionContext): Promise<Pair> {
  const base = scratch(t);
  const [stage, hall] = [join(base, 'stage'), join(base, 'hall')];
  const publisher = await startProgram(t, 'astralnode', ['--data', stage, ...PORTS, '--peer-port', '0'], 'page');
  const created = await ctl(stage, 'create', 'Evening "show"', '--description', 'by night', '--json');
  t.is(created.code, 0, created.errors);
  const { stream } = JSON.parse(created.out) as { stream: Stream };
  t.is(stream.slug, 'evening-show');
  const peers = new URL(publisher.printed.get('peers') ?? '').host;
  const joining = ['--peer-port', '0', '--bootstrap', peers, '--watch', stream.id];
  const viewer = await startProgram(t, 'astralnode', ['--data', hall, ...PORTS, ...joining], 'page');
  await streaming(hall, true);
  return { stage, publisher, peers, hall, viewer, stream };
}

test.serial('a stream is created, paused, resumed and removed from the command line', async (t) => {
  const { stage, publisher, peers, hall, stream } = await startPair(t);
  const paused = await ctl(stage, 'pause', 'evening-show');
  t.regex(paused.out, /evening-show +Evening "show" +false +true/);
  await streaming(hall, false);
  t.is((await ctl(hall, 'pause', stream.id)).code, 3, 'only its publisher');

  // Nothing goes out after a restart either, before the publisher says so.
  publisher.process.kill('SIGTERM');
  t.is(await publisher.exit, 0);
  const port = peers.split(':')[1] ?? '';
  const again = await startProgram(t, 'astralnode', ['--data', stage, ...PORTS, '--peer-port', port], 'page');
  t.like((await streams(stage))[0], { paused: true, streaming: false });
  t.is((await ctl(stage, 'resume', 'evening-show')).code, 0);
  await streaming(hall, true);
  t.is((await ctl(stage, 'rm', 'evening-show')).code, 0);
  t.deepEqual(await streams(stage), []);
  t.is((await ctl(stage, 'stop')).code, 0);
  t.is(await again.exit, 0);
  t.is((await ctl(stage, 'nodes')).code, 3);
  t.is((await ctl(hall, 'no-such-command')).code, 2);
});

test.serial('tickets are revoked, nodes forgotten, and everything looked at from the command line', async (t) => {
  const { stage, viewer } = await startPair(t);
  const id = viewer.printed.get('node') ?? '';
  const [given] = await eventually('tickets are given', PATIENCE, async () => {
    const found = (await tickets(stage)).filter(({ state }) => state === 'active');
    return found.length >= 4 ? found : null;
  });
  const number = given?.ticket ?? -1;
  const revoked = await ctl(stage, 'revoke', String(number), '--json');
  t.is(revoked.code, 0, revoked.errors);
  t.deepEqual(
    (JSON.parse(revoked.out) as { tickets: Ticket[] }).tickets.map(({ ticket }) => ticket),
    [number],
  );
  t.is((await ctl(stage, 'revoke', '4294967295')).code, 3);
  t.is((await ctl(stage, 'revoke', 'short')).code, 2);
  const all = await ctl(stage, 'revoke', id);
  t.is(all.code, 0, all.errors);

  t.true((await ctl(stage, 'nodes')).out.includes(id));
  t.is((await ctl(stage, 'forget', id.slice(0, 10))).code, 0);
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
});

test.serial(
  'a node is asked to pass a stream on, and does if its owner agreed; fake nodes come and go with their command',
  async (t) => {
    const { stage, publisher, peers, stream } = await startPair(t);
    const base = scratch(t);
    const start = async (name: string, ...args: string[]): Promise<string> => {
      const all = ['--data', join(base, name), ...PORTS, '--peer-port', '0', '--bootstrap', peers, ...args];
      return (await startProgram(t, 'astralnode', all, 'page')).printed.get('node') ?? '';
    };
    const willing = await start('willing', '--accept-seeds');
    const unasked = await start('unasked');
    for (const id of [willing, unasked]) {
      await eventually('the publisher knows the node', PATIENCE, async () =>
        (await nodes(stage)).includes(id) ? true : null,
      );
      const asked = await ctl(stage, 'seed', 'evening-show', id.slice(0, 12));
      t.is(asked.code, 0, asked.errors);
      t.regex(asked.out, new RegExp(`^asked ${id}`));
    }
    t.is((await ctl(stage, 'seed', 'evening-show', 'nobody-there')).code, 3);
    await streaming(join(base, 'willing'), true);
    t.like((await streams(join(base, 'willing')))[0], { id: stream.id, watching: true });
    t.false((await streams(join(base, 'unasked'))).some(({ id, watching }) => id === stream.id && watching));
    t.is((await ctl(join(base, 'willing'), 'rm', stream.id)).code, 0, 'its owner ends it');

    t.is((await ctl(stage, 'fake', '0')).code, 2);
    const fakes = spawn(
      process.execPath,
      ['apps/bin/astralctl.js', '--data', stage, 'fake', '2', '--watch', stream.id],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    let out = '';
    fakes.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
    const ids = await eventually('two more nodes run', PATIENCE, () => {
      const found = [...out.matchAll(/^fake +([a-z2-7]{52}) /gm)].map((match) => match[1] ?? '');
      return Promise.resolve(found.length === 2 ? found : null);
    });
    await eventually('they take part', PATIENCE, async () => {
      const known = await nodes(stage);
      return ids.every((id) => known.includes(id)) ? true : null;
    });
    const pages = [...out.matchAll(/ (http:\/\/127\.0\.0\.1:\d+)\//g)].map((match) => match[1] ?? '');
    fakes.kill('SIGKILL');
    await eventually('they end with their command, even when it is killed', PATIENCE, async () => {
      const answers = await Promise.allSettled(pages.map((page) => ask(`${page}/healthz`)));
      return answers.every(({ status }) => status === 'rejected') ? true : null;
    });
    t.is(publisher.process.exitCode, null);
  },
);
