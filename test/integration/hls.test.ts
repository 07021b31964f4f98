import { mkdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createFile, MP4BoxBuffer } from 'mp4box';
import { WebSocket } from 'ws';
import { FragmentReader } from '../../apps/node/media/fragment-reader.js';
import { loadSampleLoop } from '../../apps/node/media/sample.js';
import { bearer, startTarget } from './control-target.js';
import { ask, eventually, scratch, startProgram, type Answer, type Program } from './programs.js';

interface MovieFragment {
  readonly trafs: readonly { tfhd: { track_id: number }; tfdt: { baseMediaDecodeTime: number } }[];
}

/** The decode times of each track, as mp4box reads them. */
function timesOf(file: Uint8Array): Map<number, number[]> {
  const oracle = createFile();
  oracle.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(file).buffer, 0));
  oracle.flush();
  const times = new Map<number, number[]>();
  for (const moof of oracle.boxes.filter(({ type }) => type === 'moof') as unknown as MovieFragment[]) {
    for (const { tfhd, tfdt } of moof.trafs)
      times.set(tfhd.track_id, [...(times.get(tfhd.track_id) ?? []), tfdt.baseMediaDecodeTime]);
  }
  return times;
}

test('HLS needs no token, is closed to other sites, and is whole media to an independent reader', async (t) => {
  const target = await startTarget(t);
  const base = `${target.url}/stream/test-picture/hls`;
  const first = await ask(`${base}/index.m3u8`);
  t.is(first.status, 200, 'the first playlist is held until there is something to play');
  t.is(first.headers['content-type'], 'application/vnd.apple.mpegurl');
  t.is(first.headers['cache-control'], 'no-cache');
  const names = [...first.body.matchAll(/^\d+\.m4s$/gm)].map(([name]) => name);
  t.true(names.length >= 2, first.body);
  const map = /#EXT-X-MAP:URI="([^"]+)"/.exec(first.body)?.[1] ?? '';

  const pieces: Buffer[] = [];
  for (const name of [map, ...names]) {
    const answer = await fetch(`${base}/${name}`);
    t.is(answer.status, 200, name);
    t.regex(answer.headers.get('cache-control') ?? '', /immutable/);
    pieces.push(Buffer.from(await answer.arrayBuffer()));
  }
  const times = timesOf(Buffer.concat(pieces));
  t.deepEqual(new Set(times.keys()), new Set([1, 2]));
  for (const [track, list] of times) {
    t.true(list.length >= 40, `track ${track} has ${list.length} fragments`);
    t.true(
      list.every((time, i) => i === 0 || time > (list[i - 1] ?? 0)),
      `track ${track}: ${list.join()}`,
    );
  }
  for (const segment of pieces.slice(1)) {
    const parts = new FragmentReader().push(Buffer.concat([pieces[0] ?? Buffer.alloc(0), segment]));
    const [, begin] = parts.ok ? parts.value : [];
    t.true(begin?.type === 'fragment' && begin.fragment.keyframe, 'a segment begins with a keyframe');
  }

  const host = { host: new URL(target.url).host };
  for (const [headers, status] of [
    [{ host: 'evil.example' }, 421],
    [{ ...host, origin: 'http://evil.example' }, 403],
    [{ ...host, 'sec-fetch-site': 'cross-site' }, 403],
    [{ ...host, 'sec-fetch-site': 'same-origin' }, 200],
  ] as const) {
    for (const name of ['index.m3u8', map, names[0] ?? ''])
      t.is((await ask(`${base}/${name}`, { headers })).status, status, `${name} ${JSON.stringify(headers)}`);
  }
  for (const name of [
    '9.m4s',
    `${Number.parseInt(names[0] ?? '', 10) + 900}.m4s`,
    'init-77.mp4',
    'x',
    '%2e%2e',
    'index.m3u',
  ])
    t.is((await ask(`${base}/${name}`)).status, 404, name);
  t.is((await ask(`${target.url}/stream/none/hls/index.m3u8`)).status, 404);
  t.is((await ask(`${base}/index.m3u8`, { method: 'POST' })).status, 405);
  t.is((await ask(`${target.url}/stream/test-picture`, { method: 'DELETE', headers: bearer(target) })).status, 200);
  t.is((await ask(`${base}/index.m3u8`)).status, 404);
});

async function startNode(
  t: ExecutionContext,
  folder: string,
): Promise<{ program: Program; url: string; token: string }> {
  const args = ['--data', folder, '--port', '0', '--peer-port', '0', '--log-level', 'warn'];
  const program = await startProgram(t, 'astralnode', args, 'page');
  const token = readFileSync(join(folder, 'token'), 'utf8').trim();
  return { program, url: program.printed.get('control') ?? t.fail(program.errors()), token };
}

/** An encoder that pushes the sample in real time until it is stopped or refused. */
async function encoder(
  url: string,
  token: string,
): Promise<{ stop(): void; answer: Promise<Omit<Answer, 'headers'>> }> {
  const loop = await loadSampleLoop();
  const outgoing = request(url, { method: 'PUT', headers: { authorization: `Bearer ${token}` }, agent: false });
  let n = 0;
  outgoing.write(loop.init.bytes);
  const timer = setInterval(() => outgoing.write(loop.fragment(n++).bytes), 100);
  const answer = new Promise<Omit<Answer, 'headers'>>((resolve, reject) => {
    outgoing.on('response', (response) => {
      let body = '';
      response.on('data', (piece: Buffer) => (body += piece.toString()));
      response.on('end', () => {
        clearInterval(timer);
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    outgoing.on('error', reject);
  });
  return {
    stop: () => {
      clearInterval(timer);
      outgoing.end();
    },
    answer,
  };
}

test('a pushed stream keeps its identity over pushes and restarts, and ends when it is removed', async (t) => {
  const folder = join(scratch(t), 'node');
  let node = await startNode(t, folder);
  const get = async (): Promise<{ id: string; own: boolean; streaming: boolean } | null> => {
    const answer = await ask(`${node.url}/stream/stage`, { headers: { authorization: `Bearer ${node.token}` } });
    return answer.status === 200
      ? (JSON.parse(answer.body) as { stream: { id: string; own: boolean; streaming: boolean } }).stream
      : null;
  };
  const live = async () =>
    await eventually('the stream is live', 20, async () => ((await get())?.streaming === true ? await get() : null));
  const one = await encoder(`${node.url}/stream/stage/media`, node.token);
  const { id } = await live();
  one.stop();
  const told = await one.answer;
  t.is(told.status, 200, told.body);
  t.like(JSON.parse(told.body), { epochs: 1, stream: { id, own: true } });

  node.program.process.kill('SIGTERM');
  await node.program.exit;
  node = await startNode(t, folder);
  t.like(await get(), { id, own: true, streaming: false });
  const two = await encoder(`${node.url}/stream/stage/media`, node.token);
  t.is((await live()).id, id);
  const removed = await ask(`${node.url}/stream/stage`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${node.token}` },
  });
  t.is(removed.status, 200);
  t.is((await two.answer).status, 503, 'the encoder is told');
  t.is(await get(), null);
});

/** The close code of a publishing socket that sends these bytes, or the status that refused it. */
async function publish(url: string, headers: Record<string, string>, bytes: Uint8Array): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/stream/desk/publish`, { headers });
  return await new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('open', () => socket.send(bytes));
    socket.on('close', resolve);
    socket.on('error', () => null);
  });
}

test('the socket of the publish page opens for the token or the page of the node, and takes media only', async (t) => {
  const { url, token } = await startNode(t, join(scratch(t), 'node'));
  const authorization = `Bearer ${token}`;
  const junk = Buffer.alloc(1_000, 0x47);
  t.is(await publish(url, {}, junk), 403);
  t.is(await publish(url, { origin: url }, junk), 403);
  t.is(await publish(url, { origin: 'http://evil.example', authorization }, junk), 403);
  t.is(await publish(url, { authorization, 'sec-fetch-site': 'cross-site' }, junk), 403);
  t.is(await publish(url, { authorization }, junk), 4_415);
  t.is(await publish(url, { authorization }, Buffer.alloc(70_000)), 1_009, 'no frame is larger than it need be');
  const follow = { host: new URL(url).host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  t.is((await ask(`${url}/publish?stream=desk`, { headers: follow })).status, 200, 'the directory links to the page');
  t.is((await ask(`${url}/streams`, { headers: { ...follow, authorization } })).status, 403);
  t.is((await ask(`${url}/stream/desk`, { headers: { authorization } })).status, 404, 'nothing was made of it');
});

test('a disk that fails costs no node: who makes a stream is told, and the health of the node tells it too', async (t) => {
  const folder = join(scratch(t), 'node');
  const { program, url, token } = await startNode(t, folder);
  const authorization = `Bearer ${token}`;
  const health = async (): Promise<unknown> => JSON.parse((await ask(`${url}/healthz`)).body);
  t.like(await health(), { status: 'ok' });
  // A folder in the way is what even root cannot write to.
  mkdirSync(join(folder, 'streams.json'));
  t.is(await publish(url, { authorization }, Buffer.alloc(1_000, 0x47)), 4_507);
  const body = JSON.stringify({ name: 'stage', media: 'push' });
  const json = { authorization, 'content-type': 'application/json' };
  const made = await ask(`${url}/streams`, { method: 'POST', headers: json, body });
  t.is(made.status, 507);
  t.regex(made.body, /disk/);
  t.like(await health(), { status: 'degraded', why: 'streams cannot be kept (EISDIR)' });
  t.deepEqual(JSON.parse((await ask(`${url}/streams`, { headers: { authorization } })).body), { streams: [] });
  t.is(program.process.exitCode, null);
});
