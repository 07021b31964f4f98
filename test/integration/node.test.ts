import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import type { StreamView } from '../../core/view.js';
import { parseHeader, parseEntry, type JournalEntry } from '../../core/journal/journal.js';
import { Replay } from '../../core/journal/replay.js';
import { createCrypto } from '../../transports/crypto.js';
import { decodeLive, parseLiveText } from '../../viz/player/live-protocol.js';
import { ask, eventually, scratch, startProgram, type Answer, type Program } from './programs.js';

interface Peer {
  readonly program: Program;
  readonly url: string;
  readonly token: string;
  /** Peers dial this, without the scheme. */
  readonly entrance: string;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  stream(): Promise<StreamView | null>;
}

async function startPeer(t: ExecutionContext, folder: string, ...args: string[]): Promise<Peer> {
  const common = ['--data', folder, '--port', '0', '--log-level', 'warn', '--uplink', '8Mbit'];
  const program = await startProgram(t, 'astralnode', [...common, ...args], 'page');
  const url = program.printed.get('control') ?? t.fail(program.errors());
  const token = readFileSync(join(folder, 'token'), 'utf8').trim();
  const authorization = `Bearer ${token}`;
  const call = (method: string, path: string, body?: unknown): Promise<Answer> => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const options = body === undefined ? {} : { body: JSON.stringify(body) };
    return ask(`${url}${path}`, { method, headers: { authorization, ...json }, ...options });
  };
  const stream = async (): Promise<StreamView | null> =>
    (JSON.parse((await call('GET', '/node')).body) as { node: { streams: StreamView[] } }).node.streams[0] ?? null;
  return { program, url, token, entrance: new URL(program.printed.get('peers') ?? '').host, call, stream };
}

async function plays(peer: Peer, chunks: number): Promise<StreamView> {
  const from = (await peer.stream())?.player?.played ?? 0;
  return await eventually('the node plays', 40, async () => {
    const stream = await peer.stream();
    return (stream?.player?.played ?? 0) >= from + chunks ? stream : null;
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('a static list alone makes a network; streams are made, watched and removed over the control API', async (t) => {
  const base = scratch(t);
  const port = String(await freePort());
  const ofPublisher = join(base, 'journal-of-publisher');
  const publisher = await startPeer(t, join(base, 'publisher'), '--peer-port', port, '--journal', ofPublisher);
  const made = await publisher.call('POST', '/streams', { name: 'Tööt <b>', description: 'x', media: 'sample' });
  t.is(made.status, 201);
  const { stream } = JSON.parse(made.body) as { stream: { id: string; slug: string; source: string; own: boolean } };
  t.like(stream, { slug: 'to-o-t-b', source: publisher.program.printed.get('node'), own: true });
  const again = await publisher.call('POST', '/streams', { name: 'Tööt <b>', media: 'sample' });
  t.is((JSON.parse(again.body) as { stream: { id: string } }).stream.id, stream.id, 'a name goes on with its key');

  const journal = join(base, 'journal');
  const viewer = await startPeer(
    t,
    join(base, 'viewer'),
    '--bootstrap',
    publisher.entrance,
    '--watch',
    stream.id,
    '--journal',
    journal,
  );
  await plays(viewer, 20);
  const shown = JSON.parse((await viewer.call('GET', `/stream/${stream.id.slice(0, 10)}`)).body) as unknown;
  t.like(shown, {
    stream: { name: 'Tööt <b>', slug: 'to-o-t-b', id: stream.id, watching: true, streaming: true, own: false },
  });
  await receives(t, viewer, stream.slug);

  t.is((await viewer.call('DELETE', `/stream/${stream.slug}/ticket`)).status, 200);
  t.is(await viewer.stream(), null);
  t.is((await viewer.call('POST', `/stream/${stream.slug}/tickets`, { destination_uuid: 'somebody' })).status, 404);
  t.is((await viewer.call('POST', `/stream/${stream.slug}/tickets`, {})).status, 200);
  const before = await plays(viewer, 20);

  // The publisher falls and comes back with its key: a new epoch, and the viewer goes on by itself.
  publisher.program.process.kill('SIGKILL');
  await publisher.program.exit;
  const back = await startPeer(t, join(base, 'publisher'), '--peer-port', port);
  const after = await eventually('the next epoch plays', 60, async () => {
    const seen = await viewer.stream();
    return seen !== null && seen.epoch > before.epoch && (seen.window.held ?? 0) > 5 ? seen : null;
  });
  t.is(after.stream, before.stream);
  await plays(viewer, 20);

  t.is((await back.call('DELETE', `/stream/${stream.slug}`)).status, 200);
  t.is((await back.call('GET', `/stream/${stream.slug}`)).status, 404);
  t.is(await back.stream(), null);
  back.program.process.kill('SIGTERM');
  t.is(await back.program.exit, 0);
  viewer.program.process.kill('SIGINT');
  t.is(await viewer.program.exit, 0);

  const [header = '', ...lines] = readFileSync(journal, 'utf8').trimEnd().split('\n');
  t.is(parseHeader(header)?.node, viewer.program.printed.get('node'));
  t.true(lines.length > 100 && lines.every((line) => parseEntry(line) !== null));
  t.is(statSync(journal).mode & 0o777, 0o600);
  replays(t, journal, true);
  replays(t, ofPublisher, false);
});

/** The journal makes a fresh machine do the same; with an input left out, or with another time, it does not. */
function replays(t: ExecutionContext, journal: string, ended: boolean): void {
  const [start = '', ...lines] = readFileSync(journal, 'utf8').split('\n').slice(0, -1);
  const header = parseHeader(start) ?? t.fail('no header');
  const entries = lines.map((line) => parseEntry(line) ?? t.fail(line));
  const feed = (some: readonly JournalEntry[]): Replay => {
    const replay = new Replay(header, createCrypto());
    for (const entry of some) replay.feed(entry);
    replay.finish();
    return replay;
  };
  const inputs = entries.filter(({ kind }) => kind === 'input').length;
  t.like(feed(entries), { difference: null, ended, inputs, compared: ended ? inputs : inputs - 1 });
  const busy = entries.findIndex((entry, index) => {
    const next = entries[index + 1];
    return index > 20 && entry.kind === 'input' && next?.kind === 'input' && next.effects !== entry.effects;
  });
  const without = feed(entries.filter((_entry, index) => index !== busy));
  t.true(without.difference !== null && without.difference.index < busy, 'what had effects is missed at once');
}

/** The page's socket: an opening, the init segment, then fragments without a hole from a keyframe on. */
async function receives(t: ExecutionContext, peer: Peer, slug: string): Promise<void> {
  const socket = new WebSocket(`${peer.url.replace('http', 'ws')}/stream/${slug}/live`, {
    headers: { authorization: `Bearer ${peer.token}` },
  });
  const texts: string[] = [];
  const frames: NonNullable<ReturnType<typeof decodeLive>>[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code) => reject(new Error(`closed with ${code}`)));
    socket.on('message', (data, binary) => {
      if (!Buffer.isBuffer(data)) return;
      const frame = binary ? decodeLive(new Uint8Array(data)) : null;
      if (frame !== null) frames.push(frame);
      else texts.push(data.toString());
      if (frames.length > 10) resolve();
    });
  });
  socket.removeAllListeners('close');
  socket.terminate();
  const [opening] = texts.map((text) => parseLiveText(text));
  t.like(opening, { type: 'init', name: 'Tööt <b>' });
  const [init, first, ...rest] = frames;
  t.is(init?.kind, 'init');
  t.true(first?.keyframe);
  for (const [index, { fragment, sourceTime, sourceNow }] of rest.entries()) {
    t.is(fragment, (first?.fragment ?? 0) + index + 1);
    t.true(sourceNow > sourceTime);
  }
}

/** How a program ends that is not to stay: its exit code, and what it said about it. */
async function exit(t: ExecutionContext, name: string, ...args: string[]): Promise<[number | string, string]> {
  const program = await startProgram(t, name, args, 'never');
  return [await program.exit, program.errors()];
}

test('ports and flags end as promised', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  t.teardown(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  for (const flag of ['--port', '--peer-port']) {
    const [code, errors] = await exit(
      t,
      'astralnode',
      '--ephemeral',
      '--port',
      '0',
      '--peer-port',
      '0',
      flag,
      String(port),
    );
    t.is(code, 3, flag);
    t.regex(errors, /taken/);
  }
  const [web] = await exit(t, 'astral-web', '--port', String(port));
  t.is(web, 3);
  const free = ['--ephemeral', '--port', '0', '--peer-port', '0', '--log-level', 'error'];
  const [journal, errors] = await exit(t, 'astralnode', ...free, '--journal', '/nonexistent/folder/journal');
  t.is(journal, 3);
  t.regex(errors, /nonexistent.*ENOENT/);
  const wrong = [
    ['--port', '70000'],
    ['--uplink', 'fast'],
    ['--uplink', '8'],
    ['--ephemeral', '--sample', 'x'.repeat(300)],
    ['--directory', 'ftp://x'],
    ['--bootstrap', 'x'],
    ['-u', '../x'],
    ['extra'],
    ['--nope'],
  ];
  for (const args of wrong) t.is((await exit(t, 'astralnode', ...args))[0], 2, args.join(' '));
  for (const name of ['astralnode', 'astral-web', 'astralctl']) {
    t.is((await exit(t, name, '--help'))[0], 0);
    t.is((await exit(t, name, '--version'))[0], 0);
  }
});

test('a node says what peers are told to dial, or that they can dial nothing', async (t) => {
  const peers = async (...args: string[]): Promise<string> => {
    const free = ['--ephemeral', '--port', '0', '--peer-port', '0', '--uplink', '0', '--log-level', 'error'];
    const program = await startProgram(t, 'astralnode', [...free, ...args], 'page');
    const page = new URL(program.printed.get('page') ?? t.fail(program.errors()));
    const code = page.hash.slice('#code='.length);
    const json = { 'content-type': 'application/json' };
    const session = await ask(`${page.origin}/session`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ code }),
    });
    const cookie = String(session.headers['set-cookie']).split(';', 1)[0] ?? '';
    const own = JSON.parse((await ask(`${page.origin}/node`, { headers: { cookie } })).body) as {
      node: { ip_address: string | null; port: number | null };
    };
    program.process.kill('SIGKILL');
    const printed = program.printed.get('peers') ?? t.fail(program.errors());
    const { ip_address: host, port } = own.node;
    t.is(host === null ? 'none' : `ws://${host}:${port}`, printed.replace(/^none:.*/, 'none'), 'the API says the same');
    return printed;
  };
  t.regex(await peers(), /^ws:\/\/127\.0\.0\.1:[1-9]\d*$/);
  t.is(await peers('--advertise', '192.0.2.1:8001'), 'ws://192.0.2.1:8001');
  t.is(await peers('--listen', '0.0.0.0', '--advertise', '192.0.2.1:8001'), 'ws://192.0.2.1:8001');
  t.regex(await peers('--listen', '0.0.0.0'), /^none: nobody can dial this node/);
  t.regex(await peers('--advertise', 'none'), /^none: nobody can dial this node; --advertise HOST:PORT mends it$/);
});

test('what nobody catches ends a server with the exit code that belongs to it', async (t) => {
  const ends = async (fault: string): Promise<[number | null, string]> => {
    const run = `() => new Promise(() => { setTimeout(() => { ${fault} }) })`;
    const program = `{ name: 'faulty', description: '', examples: '', prefix: 'FAULTY', settings: {}, run: ${run} }`;
    const script = `import { runServer } from './dist/apps/program.js'; await runServer(${program}, ['node', 'faulty']);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let told = '';
    child.stderr.on('data', (piece: Buffer) => (told += piece.toString()));
    return await new Promise((resolve) => child.on('close', (code) => resolve([code, told])));
  };
  const full = "Object.assign(new Error('x'), { code: 'ENOSPC', path: '/disk' })";
  for (const raise of ['throw', 'void Promise.reject']) {
    const [bug, stack] = await ends(`${raise} (new Error('planted'))`);
    t.is(bug, 70, raise);
    t.regex(stack, /^faulty: this is a bug in astral: Error: planted\n/, raise);
    t.deepEqual(await ends(`${raise} (${full})`), [3, 'faulty: /disk: the disk is full (ENOSPC)\n'], raise);
  }
});

test('a node ends by signal and by command', async (t) => {
  const base = scratch(t);
  // A publisher with a consumer takes its time to hand it over; the second signal does not wait.
  const publisher = await startPeer(t, join(base, 'p'), '--sample', 'Left', '--peer-port', '0');
  const { streams } = JSON.parse((await publisher.call('GET', '/streams')).body) as { streams: { id: string }[] };
  const id = streams[0]?.id ?? '';
  const viewer = await startPeer(
    t,
    join(base, 'v'),
    '--bootstrap',
    publisher.entrance,
    '--watch',
    id,
    '--peer-port',
    '0',
  );
  await plays(viewer, 10);
  publisher.program.process.kill('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 300));
  publisher.program.process.kill('SIGTERM');
  t.is(await publisher.program.exit, 130);

  t.is((await exit(t, 'astralctl', '--data', join(base, 'v'), '--node', 'http://192.0.2.7:8000', 'nodes'))[0], 2);
  t.is((await exit(t, 'astralctl', '--data', join(base, 'none'), 'nodes'))[0], 3);
  t.is((await exit(t, 'astralctl', '--data', join(base, 'v'), 'watch', 'nothing'))[0], 3);
  t.is((await exit(t, 'astralctl', '--data', join(base, 'v'), 'tickets'))[0], 0);
  const { printed } = await startProgram(t, 'astralctl', ['--data', join(base, 'v'), 'create', 'Third'], 'third');
  t.regex(printed.get('third') ?? '', /^Third [a-z2-7]{52}$/);
  t.is((await exit(t, 'astralctl', '--data', join(base, 'v'), 'stop'))[0], 0);
  t.is(await viewer.program.exit, 0);
});

test('a publisher with consumers leaves within seconds, and they are told', async (t) => {
  const base = scratch(t);
  const publisher = await startPeer(t, join(base, 'p'), '--sample', 'Left', '--peer-port', '0');
  const { streams } = JSON.parse((await publisher.call('GET', '/streams')).body) as { streams: { id: string }[] };
  const joining = ['--bootstrap', publisher.entrance, '--watch', streams[0]?.id ?? '', '--peer-port', '0'];
  const viewer = await startPeer(t, join(base, 'v'), ...joining);
  await plays(viewer, 10);
  const began = performance.now();
  publisher.program.process.kill('SIGTERM');
  t.is(await publisher.program.exit, 0);
  // Five seconds are promised; the rest is for a busy machine.
  t.true(performance.now() - began < 8_000, `${performance.now() - began} ms`);
  const metrics = (await viewer.call('GET', '/metrics')).body;
  t.regex(metrics, /^astral_provider_changes_total\{change="lost",why="(?:leaving|cancelled|down)"\} [1-9]/m, metrics);
});
