import { createReadStream } from 'node:fs';
import type { AddressInfo } from 'node:net';
import websocket from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import type { Sources } from '../../viz/overlay/sources.js';
import { addSafetyHeaders, createHttpServer } from '../http-server.js';
import { listenOn } from '../listen.js';
import { guardLoopback } from '../node/control/guard.js';
import { addOverlayPage, addPageFiles, PAGE_SOURCES, relayViews } from '../overlay-page.js';

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

const TIMEOUT_MS = 5000;
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** A browser that leaves more than this unread loses its socket. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

/** Serves the overlay page on loopback, with what it draws. Throws an `EnvironmentFault` where it cannot listen. */
export async function startViewServer(options: ViewOptions): Promise<ViewServer> {
  const { recording, web, node, port } = options;
  const app = createHttpServer(pino({ level: 'silent' }));
  guardLoopback(app, () => (app.server.address() as AddressInfo | null)?.port ?? 0);
  await addSafetyHeaders(app, PAGE_SOURCES);
  await app.register(websocket, { options: { maxPayload: 1024, perMessageDeflate: false } });
  addOverlayPage(app, '/', () => sourcesOf(options));
  if (recording !== null) {
    app.get('/recording', async (_request, reply) => {
      const file = createReadStream(recording);
      return await reply.type('application/octet-stream').header('cache-control', 'no-store').send(file);
    });
  }
  if (web !== null) app.get('/views/stream', async (request, reply) => await relayViews(web, request, reply));
  if (node !== null) addNode(app, node);
  await addPageFiles(app, []);
  await listenOn('the port of the page', port ?? 0, 0, (free) => app.listen({ host: '127.0.0.1', port: free }));
  const { port: taken } = app.server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${taken}/`, close: () => app.close() };
}

async function sourcesOf({ recording, web, node }: ViewOptions): Promise<Sources> {
  const [stream, id] = node === null ? [null, null] : await Promise.all([streamOf(node), idOf(node)]);
  return {
    recorded: recording === null ? null : 'recording',
    views: web === null ? null : 'views/stream',
    events: node === null ? null : 'events',
    player: stream === null ? null : { live: `live/${encodeURIComponent(stream)}` },
    you: id,
  };
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
