import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import helmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import websocket from '@fastify/websocket';
import fastify, { type FastifyInstance } from 'fastify';
import { WebSocket } from 'ws';
import type { Sources } from '../../viz/overlay/sources.js';
import { EnvironmentFault } from '../exit-codes.js';
import { listenOn } from '../listen.js';
import { guardLoopback } from '../node/control/guard.js';

/** What the overlay page is to show; each part may be absent. */
export interface ViewOptions {
  /** File of a recording. */
  readonly recording: string | null;
  /** Address of a directory to which nodes report. */
  readonly web: string | null;
  /** A node of this machine: its events, its player. */
  readonly node: { readonly url: string; readonly token: string } | null;
  /** A port that must be free; null takes any. */
  readonly port: number | null;
}

export interface ViewServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Built by vite; the path holds for the compiled file in `dist/`. */
const PAGES = fileURLToPath(new URL('../../viz/', import.meta.url));
const TIMEOUT_MS = 5000;
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** A browser that leaves more than this unread loses its socket. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

/** Serves the overlay page on loopback, with what it draws. Throws an `EnvironmentFault` where it cannot listen. */
export async function startViewServer(options: ViewOptions): Promise<ViewServer> {
  const app = fastify({ forceCloseConnections: true });
  guardLoopback(app, () => (app.server.address() as AddressInfo | null)?.port ?? 0);
  await addHeaders(app);
  await app.register(websocket, { options: { maxPayload: 1024, perMessageDeflate: false } });
  app.get('/', (_request, reply) => reply.sendFile('overlay.html'));
  app.get('/sources.json', async (_request, reply) => {
    return await reply.header('cache-control', 'no-store').send(await sourcesOf(options));
  });
  if (options.recording !== null) addRecording(app, options.recording);
  if (options.web !== null) addViews(app, new URL('/views/stream', options.web));
  if (options.node !== null) addNode(app, options.node);
  await app.register(fastifyStatic, {
    root: PAGES,
    wildcard: false,
    index: false,
    cacheControl: false,
    allowedPath: (path) => /^\/?(?:overlay\.html|assets\/.*)$/.test(path),
  });
  await listenOn('the port of the page', options.port ?? 0, 0, (port) => app.listen({ host: '127.0.0.1', port }));
  const { port } = app.server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => app.close() };
}

async function sourcesOf({ recording, web, node }: ViewOptions): Promise<Sources> {
  const stream = node === null ? null : await streamOf(node);
  const id = node === null ? null : await idOf(node);
  return {
    recorded: recording === null ? null : 'recording',
    views: web === null ? null : 'views/stream',
    // A directory that knows all makes a node's own view of its neighbours needless.
    events: node === null || web !== null ? null : 'events',
    player: stream === null || id === null ? null : { live: `live/${encodeURIComponent(stream)}`, node: id },
    pages: [],
  };
}

function addRecording(app: FastifyInstance, path: string): void {
  app.get('/recording', async (_request, reply) => {
    return await reply
      .type('application/octet-stream')
      .header('cache-control', 'no-store')
      .send(createReadStream(path));
  });
}

/** Passes the reports of the directory on: the page may read its own origin only. */
function addViews(app: FastifyInstance, url: URL): void {
  app.get('/views/stream', async (request, reply) => {
    const end = new AbortController();
    request.raw.on('close', () => end.abort());
    const response = await fetch(url, { signal: end.signal, redirect: 'error' }).catch(() => null);
    if (response?.ok !== true || response.body === null) return await reply.code(502).send({ error: 'no directory' });
    const body = Readable.fromWeb(response.body);
    body.on('error', () => reply.raw.destroy());
    return await reply.type('text/event-stream').header('cache-control', 'no-store').send(body);
  });
}

type NodeAccess = NonNullable<ViewOptions['node']>;

function addNode(app: FastifyInstance, node: NodeAccess): void {
  app.get('/events', { websocket: true }, (socket) => relay(node, '/events', socket));
  app.get<{ Params: { slug: string } }>('/live/:slug', { websocket: true }, (socket, request) =>
    relay(node, `/stream/${encodeURIComponent(request.params.slug)}/live`, socket),
  );
}

/** Joins the browser's socket to one of the node: what the node says goes through, nothing goes back. */
function relay({ url, token }: NodeAccess, path: string, browser: WebSocket): void {
  const target = new URL(path, url.replace(/^http/, 'ws'));
  const headers = { authorization: `Bearer ${token}` };
  const node = new WebSocket(target, { headers, perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES });
  node.on('message', (data: Buffer, binary) => {
    if (browser.bufferedAmount > MAX_UNREAD_BYTES) browser.terminate();
    else browser.send(data, { binary });
  });
  node.on('close', () => browser.close());
  node.on('error', () => browser.close(1011, 'the node does not answer'));
  browser.on('close', () => node.terminate());
  browser.on('error', () => browser.terminate());
}

async function idOf(node: NodeAccess): Promise<string | null> {
  const answer = await ask(node, '/node');
  const uuid = (answer as { node?: { uuid?: unknown } } | null)?.node?.uuid;
  return typeof uuid === 'string' ? uuid : null;
}

/** The stream that the node receives, or else publishes. */
async function streamOf(node: NodeAccess): Promise<string | null> {
  const answer = (await ask(node, '/streams')) as { streams?: unknown } | null;
  const streams = Array.isArray(answer?.streams) ? (answer.streams as Record<string, unknown>[]) : [];
  const found = streams.find(({ watching }) => watching === true) ?? streams.find(({ own }) => own === true);
  return typeof found?.['slug'] === 'string' ? found['slug'] : null;
}

async function ask({ url, token }: NodeAccess, path: string): Promise<unknown> {
  try {
    const response = await fetch(new URL(path, url), {
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

async function addHeaders(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    global: true,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'media-src': ["'self'", 'blob:'],
        'worker-src': ["'self'"],
        'connect-src': ["'self'", 'ws://127.0.0.1:*', 'ws://localhost:*'],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
  });
}

/** Whether the page was built; without it there is nothing to serve. */
export function demandPages(exists: (path: string) => boolean): void {
  if (!exists(`${PAGES}overlay.html`)) throw new EnvironmentFault('the pages are not built; run: npm run build');
}
