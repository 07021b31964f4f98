import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { CertificateFiles } from '../../transports/certificate.js';
import { createCrypto } from '../../transports/crypto.js';
import { addSafetyHeaders, createHttpServer } from '../http-server.js';
import { addOverlayPage, addPageFiles } from '../overlay-page.js';
import type { DirectoryService } from './directory-service.js';
import type { ListedStream, Listing } from './listing.js';
import { LOCAL_NODE, LOCAL_NODE_SCRIPT } from './local-node.js';
import { addFrameRoute, addRecordRoutes } from './node-routes.js';
import {
  STYLE,
  aboutPage,
  homePage,
  missingPage,
  nodePage,
  nodesPage,
  publishPage,
  streamPage,
  streamsPage,
} from './pages.js';
import { addQuota } from './quota.js';
import { Reports, addReportRoutes } from './reports.js';

export interface WebServerOptions {
  readonly directory: DirectoryService;
  readonly version: string;
  readonly log: Logger;
  /** Null for a server without TLS. */
  readonly certificate: CertificateFiles | null;
}

/** The directory's pages and JSON, not yet listening. People change nothing here: there are no forms and no cookies. */
export async function createWebServer(options: WebServerOptions): Promise<FastifyInstance> {
  const { directory, version, log, certificate } = options;
  const app = createHttpServer(log, { certificate });
  app.removeAllContentTypeParsers();
  app.setNotFoundHandler((request, reply) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return reply.code(405).header('allow', 'GET').send({ error: 'method' });
    return wantsHtml(request)
      ? sendHtml(reply.code(404), missingPage())
      : reply.code(404).send({ error: 'no such path' });
  });
  await addSafetyHeaders(app, {
    'script-src': ["'self'"],
    'img-src': ["'self'", 'data:'],
    'connect-src': ["'self'", LOCAL_NODE],
  });
  addQuota(app);
  addEntityTags(app);
  addFrameRoute(app, directory);
  await app.register(async (json) => {
    json.addContentTypeParser('application/json', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'));
    addRecordRoutes(json, directory);
    addReportRoutes(json, new Reports(), createCrypto());
  });
  addPages(app, directory, version);
  const live = { recorded: null, views: 'views/stream', events: null, player: null, you: null };
  addOverlayPage(app, '/visualization', () => Promise.resolve(live));
  await addPageFiles(app, []);
  return app;
}

function addPages(app: FastifyInstance, listing: Listing, version: string): void {
  const list = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const streams = listing.streams();
    return wantsHtml(request) ? await sendHtml(reply, streamsPage(streams)) : { streams };
  };
  app.get('/', async (request, reply) => {
    const [streams, nodes] = [listing.streams(), listing.nodes()];
    return wantsHtml(request) ? await sendHtml(reply, homePage(streams, nodes)) : { streams };
  });
  app.get('/streams', list);
  app.get<{ Params: { slug: string } }>('/stream/:slug/publish', async (request, reply) => {
    return await sendHtml(reply, publishPage(listing.stream(request.params.slug), request.params.slug));
  });
  app.get<{ Params: { uuid: string } }>('/node/:uuid', async (request, reply) => {
    const node = listing.node(request.params.uuid);
    if (node === null) return reply.callNotFound();
    return wantsHtml(request) ? await sendHtml(reply, nodePage(node)) : { node };
  });
  app.get<{ Params: { slug: string } }>('/stream/:slug', async (request, reply) => {
    const stream: ListedStream | null = listing.stream(request.params.slug);
    if (stream === null) return reply.callNotFound();
    return wantsHtml(request) ? await sendHtml(reply, streamPage(stream, originOf(request))) : { stream };
  });
  app.get('/nodes', async (request, reply) => {
    const nodes = listing.nodes();
    return wantsHtml(request) ? await sendHtml(reply, nodesPage(nodes)) : { nodes };
  });
  app.get('/about', (_request, reply) => sendHtml(reply, aboutPage(version)));
  app.get('/ping', (request) => ({ ip_address: request.ip }));
  app.get('/healthz', () => ({ status: 'ok', version }));
  app.get('/local-node.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(LOCAL_NODE_SCRIPT));
  app.get('/style.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE));
}

/** Where the visitor has found this directory, fit to be copied into a shell whatever the request says. */
function originOf(request: FastifyRequest): string {
  return /^[\w.-]+(?::\d{1,5})?$/.test(request.host) ? `${request.protocol}://${request.host}` : 'URL';
}

/** Whoever asks again for what has not changed is told so in a few bytes: nodes and pages ask every few seconds. */
function addEntityTags(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'GET' || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    if (reply.hasHeader('cache-control')) return payload;
    const tag = `W/"${createHash('sha256').update(payload).digest('base64url').slice(0, 22)}"`;
    void reply.headers({ etag: tag, 'cache-control': 'no-cache' });
    if (request.headers['if-none-match'] !== tag) return payload;
    void reply.code(304);
    return null;
  });
}

/** People's browsers put HTML first; nodes and scripts ask for JSON or for anything. */
function wantsHtml(request: FastifyRequest): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)/i.test(request.headers.accept ?? '');
}

function sendHtml(reply: FastifyReply, page: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').header('vary', 'accept').send(page);
}
