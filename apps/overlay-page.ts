import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Sources } from '../viz/overlay/sources.js';

/** What the pages of viz may load and where they may connect: this origin, and nodes of this machine. */
export const PAGE_SOURCES = {
  'script-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'media-src': ["'self'", 'blob:'],
  'worker-src': ["'self'"],
  'connect-src': ["'self'", 'ws://127.0.0.1:*', 'ws://localhost:*'],
} as const;

const PAGE = 'overlay.html';
/** Built by vite; the path holds for the compiled file in `dist/`. */
const PAGES = fileURLToPath(new URL('../viz/', import.meta.url));

/** The page itself, of a built checkout. */
export const OVERLAY_PAGE = `${PAGES}${PAGE}`;

/** Serves the scripts and styles of the pages, and of the pages those that `allowed` names. */
export async function addPageFiles(app: FastifyInstance, allowed: readonly string[]): Promise<void> {
  await app.register(fastifyStatic, {
    root: PAGES,
    wildcard: false,
    index: allowed.includes('/') ? ['index.html'] : false,
    cacheControl: false,
    allowedPath: (path) => allowed.includes(path) || path.replace(/^\//, '').startsWith('assets/') || path === PAGE,
  });
}

/** Shows the overlay page at `path`; `sources` tells it what there is to draw, or null to who may not know. */
export function addOverlayPage(
  app: FastifyInstance,
  path: string,
  sources: (request: FastifyRequest) => Promise<Sources | null>,
): void {
  const policy = Object.entries(PAGE_SOURCES).map(([name, values]) => `${name} ${values.join(' ')}`);
  const rest = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  app.get(path, async (_request, reply) => {
    return await reply.header('content-security-policy', [...policy, rest].join('; ')).sendFile(PAGE);
  });
  app.get('/sources.json', async (request, reply) => {
    const known = await sources(request);
    if (known === null) return await reply.code(401).send({ error: 'token' });
    return await reply.header('cache-control', 'no-store').send(known);
  });
}

/** Passes the reports of a directory on, since a page may read its own origin only. */
export async function relayViews(
  directory: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const end = new AbortController();
  request.raw.on('close', () => end.abort());
  const url = new URL('/views/stream', directory);
  const response = await fetch(url, { signal: end.signal, redirect: 'error' }).catch(() => null);
  if (response?.ok !== true || response.body === null) return await reply.code(502).send({ error: 'no directory' });
  const body = Readable.fromWeb(response.body);
  body.on('error', () => reply.raw.destroy());
  return await reply.type('text/event-stream').header('cache-control', 'no-store').send(body);
}
