import test, { type ExecutionContext } from 'ava';
import { signManifest, signRecord } from '../../core/trust/statements.js';
import type { Message } from '../../core/message.js';
import { SECOND } from '../../core/units.js';
import { encode } from '../../core/wire/codec.js';
import { createCrypto, generateKeyPair } from '../../transports/crypto.js';
import { FRAME_ROUTE, FRAME_TYPE, NODE_HEADER } from '../../transports/http-directory.js';
import { ask, startProgram } from './programs.js';

const NASTY = `<img src=x onerror=alert(1)>");alert(1)//'&`;

async function startWeb(t: ExecutionContext): Promise<string> {
  const program = await startProgram(t, 'astral-web', ['--port', '0', '--log-level', 'error'], 'directory');
  return program.printed.get('directory') ?? t.fail(program.errors());
}

/** Speaks as a node would: one frame a request. */
async function post(url: string, node: string, body: Uint8Array, type = FRAME_TYPE): Promise<Response> {
  return await fetch(`${url}${FRAME_ROUTE}`, {
    method: 'POST',
    body: Buffer.from(body),
    headers: { 'content-type': type, [NODE_HEADER]: node },
  });
}

const crypto = createCrypto();
const own = generateKeyPair();
const node = crypto.idOf(own.publicKey);

function announcement(seq: number, stream: string, ttl = 30 * SECOND, times = 1, key = own): Message {
  const node = crypto.idOf(key.publicKey);
  const streams = Array.from({ length: times }, () => ({ stream, free: 1, interior: 15, depth: 0 }));
  const endpoints = ['ws://192.0.2.7:8001'];
  const record = signRecord(crypto, key, { node, publicKey: key.publicKey, endpoints, streams, seq, ttl });
  return { type: 'announce', record };
}

function description(name: string): Extract<Message, { type: 'manifest' }> {
  const streamKey = generateKeyPair();
  const { publicKey } = streamKey;
  const manifest = signManifest(crypto, streamKey, {
    stream: crypto.idOf(publicKey),
    publicKey,
    epoch: 1,
    name,
    description: NASTY,
    mime: 'video/mp4',
    substreams: 4,
    chunkTime: SECOND / 10,
    bitrate: 500_000,
    init: new Uint8Array(0),
  });
  return { type: 'manifest', manifest };
}

test('streams are listed while somebody carries them, and what strangers write stays text', async (t) => {
  const url = await startWeb(t);
  const message = description(NASTY);
  const { stream } = message.manifest;
  t.is((await post(url, node, encode(message))).status, 200);
  t.is((await post(url, node, encode(announcement(1, stream)))).status, 200);
  const json = async (path: string): Promise<unknown> => JSON.parse((await ask(`${url}${path}`)).body);
  const slug = 'img-src-x-onerror-alert-1-alert-1';
  t.like(await json('/streams'), { streams: [{ id: stream, name: NASTY, slug, source: node, nodes: 1 }] });
  t.like(await json('/nodes'), { nodes: [{ uuid: node, ip_address: '192.0.2.7', port: 8001, supernode: false }] });
  t.like(await json(`/stream/${slug}`), { stream: { id: stream } });
  t.like(await json(`/stream/${stream}`), { stream: { slug } });
  t.like(await json('/ping'), { ip_address: '127.0.0.1' });

  for (const path of ['/', '/streams', `/stream/${slug}`, '/nodes', '/about', '/stream/none']) {
    const { status, headers, body } = await ask(`${url}${path}`, { headers: { accept: 'text/html,*/*;q=0.8' } });
    t.is(status, path === '/stream/none' ? 404 : 200, path);
    t.regex(headers['content-type'] ?? '', /^text\/html/, path);
    t.regex(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/, path);
    t.notRegex(body, /<img|<script|\son\w+=(?![^<]*&gt;)|<style/i, path);
    t.is(headers['x-content-type-options'], 'nosniff', path);
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    for (const path of ['/', '/streams', '/nodes', `/stream/${slug}`, `/node/${node}`]) {
      const { status, headers } = await ask(`${url}${path}`, { method, headers: { origin: 'https://evil.com' } });
      t.true(status === 405 || status === 415, `${method} ${path} ${status}`);
      t.is(headers['access-control-allow-origin'], undefined);
    }
  }

  // The same name again, an old record, and a record that takes itself back.
  const twin = description(NASTY);
  await post(url, node, encode(twin));
  await post(url, node, encode(announcement(1, twin.manifest.stream)));
  t.is(
    ((await json('/streams')) as { streams: unknown[] }).streams.length,
    1,
    'an old sequence number changes nothing',
  );
  await post(url, node, encode(announcement(2, twin.manifest.stream)));
  const { streams } = (await json('/streams')) as { streams: { id: string }[] };
  t.deepEqual(
    streams.map(({ id }) => id),
    [twin.manifest.stream],
  );
  await post(url, node, encode(announcement(3, stream, 0)));
  t.like(await json('/nodes'), { nodes: [] });
});

test('frames that are no frames are refused, and forged ones change nothing', async (t) => {
  const url = await startWeb(t);
  const good = encode(announcement(1, description('x').manifest.stream));
  const forged = good.slice();
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  t.is((await post(url, node, forged)).status, 200);
  for (let length = 1; length < good.length; length += 7)
    t.is((await post(url, node, good.slice(0, length))).status, 400, `cut at ${length}`);
  t.is((await post(url, '', good)).status, 400);
  t.is((await post(url, 'a b', good)).status, 400);
  t.is((await post(url, node, new Uint8Array(20_000))).status, 413);
  for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded'])
    t.is((await post(url, node, good, type)).status, 415);
  t.is((JSON.parse((await ask(`${url}/nodes`)).body) as { nodes: unknown[] }).nodes.length, 0);
  t.is((await post(url, node, good)).status, 200);
  t.is((JSON.parse((await ask(`${url}/nodes`)).body) as { nodes: unknown[] }).nodes.length, 1);
});

test('a record that names a stream twice counts once and leaves whole', async (t) => {
  const url = await startWeb(t);
  const message = description('Twice');
  const { stream } = message.manifest;
  const other = generateKeyPair();
  const frames = [message, announcement(1, stream, 30 * SECOND, 2), announcement(1, stream, 30 * SECOND, 1, other)];
  const nodes = async (): Promise<number[]> =>
    (JSON.parse((await ask(`${url}/streams`)).body) as { streams: { nodes: number }[] }).streams.map(
      (listed) => listed.nodes,
    );
  for (const frame of frames) t.is((await post(url, node, encode(frame))).status, 200);
  t.deepEqual(await nodes(), [2]);
  t.is((await post(url, node, encode(announcement(2, stream, 30 * SECOND, 3)))).status, 200);
  t.deepEqual(await nodes(), [2]);
  t.is((await post(url, node, encode(announcement(2, stream, 0, 1, other)))).status, 200);
  t.deepEqual(await nodes(), [1]);
  t.is((await post(url, node, encode(announcement(3, stream, 0, 2)))).status, 200);
  t.deepEqual(await nodes(), []);
});
