import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { signManifest, signRecord } from '../../core/trust/statements.js';
import type { KeyPair } from '../../core/machine.js';
import type { Message } from '../../core/message.js';
import { SECOND } from '../../core/units.js';
import { decode, encode } from '../../core/wire/codec.js';
import { createCrypto, generateKeyPair } from '../../transports/crypto.js';
import { splitFrames } from '../../transports/frames.js';
import { FRAME_ROUTE, FRAME_TYPE, NODE_HEADER } from '../../transports/http-directory.js';
import { WebSocketTransport } from '../../transports/websocket.js';
import { WireNetwork } from '../../transports/wire-network.js';
import { printRecord } from '../../apps/web/record-json.js';
import { ask, eventually, scratch, startProgram, type Answer } from './programs.js';

const NASTY = `<img src=x onerror=alert(1)>");alert(1)//'&`;

async function startWeb(t: ExecutionContext, ...args: string[]): Promise<string> {
  const program = await startProgram(t, 'astral-web', ['--port', '0', '--log-level', 'error', ...args], 'directory');
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

/** Listens as the node of that key does; the address that it can be dialled at. */
async function live(t: ExecutionContext, key: KeyPair): Promise<string> {
  const identity = { id: crypto.idOf(key.publicKey), key };
  const network = new WireNetwork({ identity, crypto, incarnation: 1, transports: [] });
  network.attach(identity.id, () => undefined);
  t.teardown(() => network.detach(identity.id));
  return await network.listen(new WebSocketTransport({ host: '127.0.0.1', port: 0 }));
}

function announcement(
  seq: number,
  stream: string,
  ttl = 30 * SECOND,
  times = 1,
  key = own,
  endpoints: readonly string[] = [],
): Extract<Message, { type: 'announce' }> {
  const node = crypto.idOf(key.publicKey);
  const streams = Array.from({ length: times }, () => ({ stream, free: 1, interior: 15, depth: 0, at: null }));
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

test.serial('streams are listed while somebody carries them, and what strangers write stays text', async (t) => {
  const url = await startWeb(t);
  const message = description(NASTY);
  const { stream } = message.manifest;
  t.is((await post(url, node, encode(message))).status, 200);
  t.is((await post(url, node, encode(announcement(1, stream)))).status, 200);
  const json = async (path: string): Promise<unknown> => JSON.parse((await ask(`${url}${path}`)).body);
  const slug = 'img-src-x-onerror-alert-1-alert-1';
  t.like(await json('/streams'), { streams: [{ id: stream, name: NASTY, slug, source: node, nodes: 1 }] });
  t.like(await json('/nodes'), { nodes: [{ uuid: node, ip_address: null, port: null, supernode: false }] });
  t.like(await json(`/stream/${slug}`), { stream: { id: stream } });
  t.like(await json(`/stream/${stream}`), { stream: { slug } });
  t.like(await json('/ping'), { ip_address: '127.0.0.1' });

  const paths = ['/', '/streams', `/stream/${slug}`, `/stream/${slug}/publish`, '/nodes', `/node/${node}`, '/about'];
  for (const path of [...paths, '/stream/none']) {
    const { status, headers, body } = await ask(`${url}${path}`, { headers: { accept: 'text/html,*/*;q=0.8' } });
    t.is(status, path === '/stream/none' ? 404 : 200, path);
    t.regex(headers['content-type'] ?? '', /^text\/html/, path);
    t.regex(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/, path);
    t.notRegex(body, /<img|<script(?! src="\/local-node\.js" defer><\/script>)|\son\w+=(?![^<]*&gt;)|<style/i, path);
    t.is(headers['x-content-type-options'], 'nosniff', path);
  }
  // What people copy into a shell holds nothing that a stranger wrote.
  const watch = await ask(`${url}/stream/${slug}`, { headers: { accept: 'text/html' } });
  t.true(watch.body.includes(`<pre>npx astralnode --directory ${url} --watch ${stream}</pre>`));
  const odd = await ask(`${url}/stream/${slug}`, { headers: { accept: 'text/html', host: 'a`id`' } });
  t.true(odd.body.includes('<pre>npx astralnode --directory URL'));
  const publish = await ask(`${url}/stream/${slug}/publish`, { headers: { accept: 'text/html' } });
  t.regex(publish.body, /<pre>npx astralctl create [a-z0-9-]+ --push<\/pre>/);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    for (const path of ['/', '/streams', '/about', `/stream/${slug}`, '/views/stream']) {
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

test.serial('frames that are no frames are refused, and forged ones change nothing', async (t) => {
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

test.serial('a record that names a stream twice counts once and leaves whole', async (t) => {
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

interface Listed {
  readonly nodes: readonly { readonly uuid: string; readonly port: number | null }[];
}
const listed = async (url: string): Promise<Listed['nodes']> =>
  (JSON.parse((await ask(`${url}/nodes`)).body) as Listed).nodes;

test.serial('nobody is sent to a node before it was met where it says that it lives', async (t) => {
  const url = await startWeb(t);
  const { stream } = description('Met').manifest;
  const asker = generateKeyPair();
  const candidates = async (): Promise<(string | null)[]> => {
    const frame = encode({ type: 'find', stream, subs: 15, count: 8 });
    const answer = await post(url, crypto.idOf(asker.publicKey), frame);
    const [contacts] = splitFrames(new Uint8Array(await answer.arrayBuffer())) ?? [];
    const decoded = contacts === undefined ? null : decode(contacts);
    if (decoded?.ok !== true || decoded.message.type !== 'contacts') return t.fail('no contacts');
    return decoded.message.candidates.map(({ contact }) => contact.node);
  };
  const address = await live(t, own);
  await post(url, node, encode(announcement(1, stream, 30 * SECOND, 1, own, [address])));
  await eventually('the node was met', 60, async () => ((await candidates()).length === 1 ? true : null));
  t.like(await listed(url), [{ uuid: node, port: Number(new URL(address).port) }]);

  // Somebody else's address, nobody's, and those that a directory never dials.
  const other = generateKeyPair();
  const id = crypto.idOf(other.publicKey);
  const wrong = [address, 'ws://127.0.0.1:1', 'ws://169.254.169.254:80', 'ws://0.0.0.0:80', 'http://127.0.0.1:80', 'x'];
  for (const [index, endpoint] of wrong.entries()) {
    await post(url, id, encode(announcement(index + 1, stream, 30 * SECOND, 1, other, [endpoint])));
    await new Promise((resolve) => setTimeout(resolve, 300));
    t.deepEqual(await candidates(), [node], endpoint);
    t.is((await listed(url)).find(({ uuid }) => uuid === id)?.port, null, endpoint);
  }
  await post(url, id, encode(announcement(9, stream, 30 * SECOND, 1, other, [await live(t, other)])));
  await eventually('the other was met', 60, async () => ((await candidates()).length === 2 ? true : null));
});

test.serial('records in JSON list and withdraw their own node only', async (t) => {
  const url = await startWeb(t);
  const { stream } = description('Json').manifest;
  const record = (seq: number, ttl = 30 * SECOND): object => printRecord(announcement(seq, stream, ttl).record);
  const send = (method: string, path: string, body: unknown, type = 'application/json'): Promise<Answer> =>
    ask(`${url}${path}`, { method, headers: { 'content-type': type }, body: JSON.stringify(body) });
  t.is((await send('POST', '/nodes', record(5))).status, 201);
  t.is((await send('POST', '/nodes', record(5))).status, 409, 'the same again');
  t.is((await send('POST', '/nodes', { ...record(6), seq: 7 })).status, 403, 'changed');
  for (const extra of [
    { role: 'supernode' },
    { verified: true },
    { created_at: 1 },
    { id: 'x' },
    { seq: -1 },
    { ttl: '9' },
  ])
    t.is((await send('POST', '/nodes', { ...record(6), ...extra })).status, 400, JSON.stringify(extra));
  t.is((await send('POST', '/nodes', record(6), 'text/plain')).status, 415);
  t.is((await ask(`${url}/node/${node}`)).status, 200);
  const other = generateKeyPair();
  const foreign = printRecord(announcement(9, stream, 0, 1, other).record);
  t.is((await send('DELETE', `/node/${node}`, foreign)).status, 403);
  t.is((await send('DELETE', `/node/${node}`, { ...foreign, uuid: node })).status, 403);
  t.is((await send('DELETE', `/node/${node}`, record(6))).status, 403, 'a record that lives withdraws nobody');
  t.is((await send('DELETE', `/node/${node}`, {})).status, 400);
  t.is((await listed(url)).length, 1);
  t.is((await send('DELETE', `/node/${node}`, record(6, 0))).status, 200);
  t.is((await listed(url)).length, 0);
  t.is((await ask(`${url}/node/${node}`)).status, 404);
});

test.serial('lists are sent once, and a directory that keeps its data forgets nobody over a restart', async (t) => {
  const folder = join(scratch(t), 'web');
  const args = ['--port', '0', '--log-level', 'error', '--data', folder];
  const first = await startProgram(t, 'astral-web', args, 'directory');
  const url = first.printed.get('directory') ?? t.fail(first.errors());
  const message = description(NASTY);
  await post(url, node, encode(message));
  await post(url, node, encode(announcement(1, message.manifest.stream)));
  const { headers, body } = await ask(`${url}/streams`);
  const again = await ask(`${url}/streams`, { headers: { 'if-none-match': String(headers.etag) } });
  t.is(again.status, 304);
  t.is(again.body, '');
  const html = { accept: 'text/html', 'if-none-match': String(headers.etag) };
  t.is((await ask(`${url}/streams`, { headers: html })).status, 200, 'the page is another thing than the list');
  const rival = await startProgram(t, 'astral-web', args, 'directory');
  t.is(await rival.exit, 3, 'one process for each folder');

  // First a proper end, then a sudden one after what was known had time to reach the disk.
  first.process.kill('SIGTERM');
  t.is(await first.exit, 0);
  const second = await startProgram(t, 'astral-web', args, 'directory');
  const next = second.printed.get('directory') ?? t.fail(second.errors());
  t.is((await ask(`${next}/streams`)).body, body);
  t.is((await post(next, node, encode(announcement(1, 'x')))).status, 200);
  t.is((await ask(`${next}/streams`)).body, body, 'an old record is still old');
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  second.process.kill('SIGKILL');
  await second.exit;
  const third = await startProgram(t, 'astral-web', args, 'directory');
  t.is((await ask(`${third.printed.get('directory') ?? ''}/streams`)).body, body);
  const path = join(folder, 'directory.json');
  t.is(statSync(path).mode & 0o777, 0o600);
  third.process.kill('SIGKILL');
  await third.exit;
  writeFileSync(path, readFileSync(path).subarray(0, -10));
  const damaged = await startProgram(t, 'astral-web', args, 'directory');
  t.is(await damaged.exit, 3);
  t.regex(damaged.errors(), /is damaged/);
});
