import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import type { TraceEvent } from '../../core/trace.js';
import type { View } from '../../core/view.js';
import { JSON_TYPE, SLUG, bearer, startTarget, type Target } from './control-target.js';
import { ask, eventually, scratch, startProgram, type Answer } from './programs.js';

/** Seconds; how long things take on a busy machine is not what is tested here. */
const PATIENCE = 120;

type Told = { readonly at: number } & (
  | { readonly type: 'trace'; readonly node: string; readonly event: TraceEvent }
  | { readonly type: 'view'; readonly node: string; readonly view: View }
  | { readonly type: 'node'; readonly node: { readonly uuid: string } }
  | { readonly type: 'stream'; readonly stream: { readonly id: string } }
  | { readonly type: 'ticket'; readonly ticket: { readonly destination: string; readonly ticket: number } }
);

/** A viewer of the target's stream; its control API is asked by `call`. */
async function startViewer(t: ExecutionContext, target: Target): Promise<{ id: string; folder: string }> {
  const folder = join(scratch(t), 'viewer');
  const peers = new URL(target.program.printed.get('peers') ?? '').host;
  const id = (JSON.parse((await call(target, 'GET', SLUG)).body) as { stream: { id: string } }).stream.id;
  const ports = ['--port', '0', '--peer-port', '0', '--data', folder, '--log-level', 'error'];
  const viewer = await startProgram(t, 'astralnode', [...ports, '--bootstrap', peers, '--watch', id], 'page');
  return { id: viewer.printed.get('node') ?? '', folder };
}

function call(target: Target, method: string, path: string, body?: unknown): Promise<Answer> {
  const headers = { ...bearer(target), ...(body === undefined ? {} : JSON_TYPE) };
  return ask(`${target.url}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

interface Ticket {
  readonly destination: string;
  readonly ticket: number;
  readonly state: string;
}
const ticketsIn = (answer: Answer): Ticket[] => (JSON.parse(answer.body) as { tickets: Ticket[] }).tickets;

test.serial('a listener of /events hears who comes, every event, and the view each second', async (t) => {
  const target = await startTarget(t);
  const socket = new WebSocket(`${target.url.replace('http', 'ws')}/events`, { headers: bearer(target) });
  t.teardown(() => socket.terminate());
  const told: Told[] = [];
  socket.on('message', (data: Buffer) => told.push(JSON.parse(data.toString()) as Told));
  const heard = <T extends Told['type']>(type: T): Extract<Told, { type: T }>[] =>
    told.filter((each): each is Extract<Told, { type: T }> => each.type === type);
  const first = await eventually('the view comes at once', PATIENCE, () => Promise.resolve(told[0] ?? null));
  t.is(first.type, 'view');
  const viewer = await startViewer(t, target);
  await eventually('the viewer is announced with its tickets', PATIENCE, () =>
    Promise.resolve(heard('ticket').filter(({ ticket }) => ticket.destination === viewer.id).length >= 4 || null),
  );
  t.true(heard('node').some(({ node }) => node.uuid === viewer.id));
  await eventually('views and chunks go on', PATIENCE, () => Promise.resolve(heard('view').length > 4 || null));
  const me = target.program.printed.get('node');
  const events = heard('trace');
  t.true(events.every(({ node, at }, index) => node === me && at >= (events[index - 1]?.at ?? 0)));
  for (const type of ['peer', 'ticket', 'chunk'] as const)
    t.true(
      events.some(({ event }) => event.type === type),
      type,
    );
  const forwarded = events.filter(({ event }) => event.type === 'chunk' && event.change === 'forwarded');
  t.true(forwarded.length > 5);
  t.is(new Set(heard('ticket').map(({ ticket }) => ticket.ticket)).size, heard('ticket').length, 'each once');

  const traffic = await eventually('the upstream is measured', PATIENCE, async () => {
    const { node } = JSON.parse((await call(target, 'GET', '/node')).body) as {
      node: { traffic: { upstream: number; upstreamPeak: number } };
    };
    return node.traffic.upstream > 20_000 ? node.traffic : null;
  });
  t.true(traffic.upstreamPeak >= traffic.upstream);
  const metrics = await ask(`${target.url}/metrics`);
  t.regex(metrics.headers['content-type'] ?? '', /^text\/plain/);
  t.regex(metrics.body, /^astral_peers [1-9]/m);
  t.regex(metrics.body, /^astral_chunks_total\{change="forwarded",why="\w+"\} [1-9]\d/m);
  t.regex(metrics.body, /^astral_tickets\{side="provider",state="active"\} 4/m);
  t.regex(metrics.body, /^astral_upstream_bits [1-9]/m);
  t.false(metrics.body.includes(viewer.id), 'no label names a peer');

  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const shake = { ...upgrade, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  const refused: Record<string, string>[] = [
    shake,
    { ...shake, origin: target.url },
    { ...shake, authorization: 'Bearer x' },
    { ...shake, ...bearer(target), origin: 'https://evil.com' },
    { ...shake, ...bearer(target), origin: 'null' },
    { ...shake, ...bearer(target), origin: target.url, 'sec-fetch-site': 'same-site' },
  ];
  for (const headers of refused)
    t.is((await ask(`${target.url}/events?token=${target.token}`, { headers })).status, 403, JSON.stringify(headers));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  socket.send('hello');
  t.is(await closed, 1008, 'a listener sends nothing');
});

test.serial('tickets are revoked, nodes met and forgotten', async (t) => {
  const target = await startTarget(t);
  const viewer = await startViewer(t, target);
  const held = (): Promise<Ticket[]> =>
    call(target, 'GET', `${SLUG}/ticket/${viewer.id}`).then((answer) =>
      answer.status === 200 ? ticketsIn(answer) : [],
    );
  const before = await eventually('all sub-streams are served', PATIENCE, async () => {
    const tickets = await held();
    return tickets.length === 4 && tickets.every(({ state }) => state === 'active') ? tickets : null;
  });
  t.is((await call(target, 'PUT', `${SLUG}/ticket/${viewer.id}`, { confirmed: true })).status, 200);
  t.is((await call(target, 'PUT', `${SLUG}/ticket/${viewer.id}`, { confirmed: false })).status, 400);
  t.is((await call(target, 'GET', `${SLUG}/ticket/nobody`)).status, 404);
  t.is((await call(target, 'DELETE', `${SLUG}/ticket/nobody`)).status, 404);
  t.is((await call(target, 'DELETE', `${SLUG}/ticket/${viewer.id}?ticket=-1`)).status, 400);
  t.is((await call(target, 'DELETE', `${SLUG}/ticket/${viewer.id}?ticket=999999`)).status, 404);
  const one = before[0]?.ticket ?? 0;
  const revoked = await call(target, 'DELETE', `${SLUG}/ticket/${viewer.id}?ticket=${one}`);
  t.is(revoked.status, 200);
  t.deepEqual(
    ticketsIn(revoked).map(({ ticket }) => ticket),
    [one],
  );
  t.false((await held()).some(({ ticket }) => ticket === one));
  await eventually('the viewer finds a provider again', PATIENCE, async () =>
    (await held()).length === 4 ? true : null,
  );
  t.is((await call(target, 'DELETE', `${SLUG}/ticket/${viewer.id}`)).status, 200);
  t.false((await held()).some(({ ticket }) => before.some((old) => old.ticket === ticket)));

  t.is((await call(target, 'GET', `/node/${viewer.id.slice(0, 12)}`)).status, 200);
  t.is((await call(target, 'DELETE', `/node/${target.program.printed.get('node') ?? ''}`)).status, 409);
  t.is((await call(target, 'DELETE', '/node/nobody')).status, 404);
  t.is((await call(target, 'DELETE', `/node/${viewer.id}`)).status, 200);
  const again = readFileSync(join(viewer.folder, 'url'), 'utf8').trim();
  const token = readFileSync(join(viewer.folder, 'token'), 'utf8').trim();
  const { settings } = JSON.parse(
    (await ask(`${again}/settings`, { headers: { authorization: `Bearer ${token}` } })).body,
  ) as { settings: { peer_port: number } };
  for (const body of [
    {},
    { ip_address: 'a b', port: 1 },
    { ip_address: '127.0.0.1', port: 0 },
    { ip_address: '::1', port: 1 },
  ])
    t.is((await call(target, 'POST', '/nodes', body)).status, 400);
  const address = { ip_address: '127.0.0.1', port: settings.peer_port };
  t.is((await call(target, 'POST', '/nodes', address)).status, 202);
  await eventually('the node is met', PATIENCE, async () =>
    (await call(target, 'GET', `/node/${viewer.id}`)).status === 200 ? true : null,
  );
});

test.serial('checks of the way are bounded, and the API describes itself', async (t) => {
  const target = await startTarget(t);
  const headers = bearer(target);
  for (const bytes of ['-1', '1e12', 'abc', '1.5', '', ' 1', '2097153', '0x10', '١'])
    t.is((await ask(`${target.url}/ping?bytes=${encodeURIComponent(bytes)}`, { headers })).status, 400, bytes);
  t.is((await ask(`${target.url}/ping?bytes=1&bytes=2`, { headers })).status, 400);
  t.is((await ask(`${target.url}/ping?bytes=1000`)).status, 401);
  for (const bytes of [0, 1, 100_000, 2_097_152])
    t.is((await ask(`${target.url}/ping?bytes=${bytes}`, { headers })).body.length, bytes);
  const up = (length: number, type: string): Promise<Answer> =>
    ask(`${target.url}/ping`, {
      method: 'POST',
      headers: { ...headers, 'content-type': type },
      body: 'x'.repeat(length),
    });
  t.deepEqual(JSON.parse((await up(200_000, 'application/octet-stream')).body), { bytes: 200_000 });
  t.is((await up(300_000, 'application/octet-stream')).status, 413);
  t.is((await up(3, 'text/plain')).status, 415);
  t.is(
    (
      await ask(`${target.url}/streams`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/octet-stream' },
        body: '{}',
      })
    ).status,
    415,
  );

  const api = JSON.parse((await ask(`${target.url}/openapi.json`)).body) as {
    openapi: string;
    paths: Record<string, Record<string, { security: unknown[]; requestBody?: unknown }>>;
  };
  t.is(api.openapi, '3.1.0');
  const fill = (path: string): string => path.replace('{slug}', 'test-picture').replace('{uuid}', 'nobody');
  for (const [path, operations] of Object.entries(api.paths)) {
    for (const [method, { security }] of Object.entries(operations)) {
      const answer = await ask(`${target.url}${fill(path)}`, {
        method: method.toUpperCase(),
        headers: JSON_TYPE,
        body: '{}',
      });
      if (security.length > 0) t.is(answer.status, 401, `${method} ${path} wants a right`);
      else t.not(answer.status, 405, `${method} ${path}`);
    }
  }
  t.truthy(api.paths['/streams']?.['post']?.requestBody);
  t.deepEqual(Object.keys(api.paths['/stream/{slug}/ticket/{uuid}'] ?? {}), ['get', 'put', 'delete']);
});
