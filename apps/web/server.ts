import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { createCrypto } from '../../transports/crypto.js';
import { addSafetyHeaders, createHttpServer } from '../http-server.js';
import { addOverlayPage, addPageFiles } from '../overlay-page.js';
import type { DirectoryService } from './directory-service.js';
import type { ListedStream, Listing } from './listing.js';
import { Reports, addReportRoutes } from './reports.js';
import { STYLE, aboutPage, missingPage, nodesPage, streamPage, streamsPage } from './pages.js';

export interface WebServerOptions {
  readonly directory: DirectoryService;
  readonly version: string;
  readonly log: Logger;
}

/** The directory's pages and JSON, not yet listening. People change nothing here: there are no forms and no cookies. */
export async function createWebServer({ directory, version, log }: WebServerOptions): Promise<FastifyInstance> {
  const app = createHttpServer(log);
  app.removeAllContentTypeParsers();
  app.setNotFoundHandler((request, reply) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return reply.code(405).header('allow', 'GET').send({ error: 'method' });
    return wantsHtml(request)
      ? sendHtml(reply.code(404), missingPage())
      : reply.code(404).send({ error: 'no such path' });
  });
  await addSafetyHeaders(app, {});
  directory.addRoute(app);
  await app.register(async (json) => {
    json.addContentTypeParser('application/json', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'));
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
  app.get('/', list);
  app.get('/streams', list);
  app.get<{ Params: { slug: string } }>('/stream/:slug', async (request, reply) => {
    const stream: ListedStream | null = listing.stream(request.params.slug);
    if (stream === null) return reply.callNotFound();
    return wantsHtml(request) ? await sendHtml(reply, streamPage(stream)) : { stream };
  });
  app.get('/nodes', async (request, reply) => {
    const nodes = listing.nodes();
    return wantsHtml(request) ? await sendHtml(reply, nodesPage(nodes)) : { nodes };
  });
  app.get('/about', (_request, reply) => sendHtml(reply, aboutPage(version)));
  app.get('/ping', (request) => ({ ip_address: request.ip }));
  app.get('/healthz', () => ({ status: 'ok', version }));
  app.get('/style.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE));
}

/** People's browsers put HTML first; nodes and scripts ask for JSON or for anything. */
function wantsHtml(request: FastifyRequest): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)/i.test(request.headers.accept ?? '');
}

function sendHtml(reply: FastifyReply, page: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').header('vary', 'accept').send(page);
}
