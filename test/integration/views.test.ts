import { get } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import type { View } from '../../core/view.js';
import { sealReport } from '../../apps/report.js';
import { createCrypto, generateKeyPair } from '../../transports/crypto.js';
import { ask, eventually, startProgram, type Answer } from './programs.js';

interface Seen {
  readonly node: string;
  readonly at: number;
  readonly name?: string;
  readonly view: View;
}

async function startWeb(t: ExecutionContext): Promise<string> {
  const program = await startProgram(t, 'astral-web', ['--port', '0', '--log-level', 'error'], 'directory');
  return program.printed.get('directory') ?? t.fail(program.errors());
}

async function startNode(t: ExecutionContext, ...args: string[]): Promise<{ id: string }> {
  const common = ['--ephemeral', '--port', '0', '--peer-port', '0', '--log-level', 'error'];
  const program = await startProgram(t, 'astralnode', [...common, ...args], 'page');
  return { id: program.printed.get('node') ?? t.fail(program.errors()) };
}

const views = async (url: string): Promise<Seen[]> => JSON.parse((await ask(`${url}/views`)).body) as Seen[];

/** The next events of the directory's stream, read as a browser would. */
function listen(url: string, count: number): Promise<Seen[]> {
  return new Promise((resolve, reject) => {
    let text = '';
    const request = get(`${url}/views/stream`, { headers: { accept: 'text/event-stream' } }, (response) => {
      response.on('data', (piece: Buffer) => {
        text += piece.toString();
        const events = text
          .split('\n\n')
          .slice(0, -1)
          .filter((event) => event.startsWith('data: '));
        if (events.length < count) return;
        response.destroy();
        resolve(events.map((event) => JSON.parse(event.slice('data: '.length)) as Seen));
      });
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

test('the directory shows who feeds whom among the nodes that report, and nobody else', async (t) => {
  const url = await startWeb(t);
  const publisher = await startNode(t, '--directory', url, '--report', '-u', 'stage', '--sample', 'Shown');
  const quiet = await startNode(t, '--directory', url, '--watch', 'shown');
  const viewer = await startNode(t, '--directory', url, '--report', '--watch', 'shown');
  const [at, fed] = await eventually('the viewer is seen to be fed', 120, async () => {
    const seen = (await views(url)).find(({ node }) => node === viewer.id);
    const tickets = seen?.view.streams[0]?.tickets.filter(
      ({ side, state }) => side === 'consumer' && state === 'active',
    );
    return seen !== undefined && tickets !== undefined && tickets.length === 4 ? [seen.at, tickets] : null;
  });
  for (const { expires, peer } of fed) {
    t.true(expires > at, 'times in a view are those of its own clock');
    t.true(peer === publisher.id || peer === quiet.id);
  }
  const all = await views(url);
  t.deepEqual(all.map(({ node }) => node).toSorted(), [publisher.id, viewer.id].toSorted());
  t.is(all.find(({ node }) => node === publisher.id)?.name, 'stage');
  t.false(JSON.stringify(all).includes('127.0.0.1'), 'ids and no addresses');

  const events = await listen(url, 6);
  t.true(new Set(events.map(({ node }) => node)).size === 2);
  const own = events.filter(({ node }) => node === viewer.id);
  t.true(own.length > 1 && own.every((event, index) => index === 0 || event.at > (own[index - 1]?.at ?? Infinity)));
});

test('a report counts only with the signature of the node it is about, once, and within bounds', async (t) => {
  const url = await startWeb(t);
  const crypto = createCrypto();
  const key = generateKeyPair();
  const node = crypto.idOf(key.publicKey);
  const uplink = { capacity: 1, promised: 0 };
  const view: View = { node, incarnation: 1, role: 'ordinary', uplink, peers: [], streams: [], timers: [] };
  const seal = (seq: number, changed: Partial<View> = {}, name = '<b>"'): string =>
    sealReport(crypto, key, seq, { at: 5, name, view: { ...view, ...changed } }) ?? t.fail();
  const post = (body: string, type = 'application/json'): Promise<Answer> =>
    ask(`${url}/views`, { method: 'POST', headers: { 'content-type': type }, body });

  t.is((await post(seal(2))).status, 202);
  t.like(await views(url), [{ node, at: 5, name: '<b>"', view: { node, role: 'ordinary' } }]);
  t.is((await post(seal(2))).status, 409, 'the same again');
  t.is((await post(seal(1))).status, 409, 'an older one');
  const other = generateKeyPair();
  const stolen = JSON.parse(seal(3)) as Record<string, unknown>;
  const bad: string[] = [
    seal(3, { node: crypto.idOf(other.publicKey) }),
    JSON.stringify({ ...stolen, seq: 4 }),
    JSON.stringify({ ...stolen, public_key: Buffer.from(other.publicKey).toString('base64') }),
    JSON.stringify({ ...stolen, text: `${String(stolen['text'])} ` }),
    JSON.stringify({ ...stolen, extra: 1 }),
    seal(3, { role: 'king' as View['role'] }),
    seal(3, {}, 'x'.repeat(65)),
    '{}',
    '[]',
    '{"__proto__":{}}',
    `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
    '',
  ];
  for (const body of bad) t.is((await post(body)).status, 400, body.slice(0, 200));
  t.is((await post(seal(3), 'text/plain')).status, 415);
  t.is((await post('x'.repeat(200_000))).status, 413);
  t.is((await views(url)).length, 1);
  t.is((await post(seal(3, { role: 'supernode' }))).status, 202);
  t.like(await views(url), [{ view: { role: 'supernode' } }]);
  t.is((await ask(`${url}/views`, { method: 'DELETE' })).status, 405);
});
