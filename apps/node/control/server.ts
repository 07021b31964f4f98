import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import websocket from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { REQUEST_MS, addSafetyHeaders, createHttpServer } from '../../http-server.js';
import { addPageFiles, PAGE_SOURCES } from '../../overlay-page.js';
import type { Access } from './access.js';
import { addBodyDeadline } from './body-deadline.js';
import { addEventsRoute } from './events-route.js';
import { guardLoopback } from './guard.js';
import { addHlsRoutes } from './hls-route.js';
import { addLiveRoute } from './live-route.js';
import { addMediaRoutes } from './media-route.js';
import type { NodePort } from './node-port.js';
import { addOverlayRoutes } from './overlay-route.js';
import { addPingRoute } from './ping-route.js';
import { addRoutes } from './routes.js';

/** Frames that a page may send: pieces of media, of any size that suits it. */
const FRAME_BYTES = 64 * 1024;

export interface ControlServerOptions {
  readonly access: Access;
  readonly node: NodePort;
  readonly version: string;
  readonly log: Logger;
}

/** The control API and the node's own pages, not yet listening; it must listen on 127.0.0.1 only. */
export async function createControlServer(options: ControlServerOptions): Promise<FastifyInstance> {
  const app = createHttpServer(options.log, { requestTimeout: 0 });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser('text/plain');
  addBodyDeadline(app, REQUEST_MS);
  guardLoopback(app, () => portOf(app.server));
  app.setNotFoundHandler((request, reply) =>
    request.method === 'GET' || request.method === 'HEAD'
      ? reply.code(404).send({ error: 'no such path' })
      : reply.code(405).header('allow', 'GET').send({ error: 'method' }),
  );
  await addSafetyHeaders(app, PAGE_SOURCES);
  await app.register(websocket, { options: { maxPayload: FRAME_BYTES, perMessageDeflate: false } });
  addLiveRoute(app, options.access, options.node);
  await addMediaRoutes(app, options.access, options.node, options.log);
  addEventsRoute(app, options.access, options.node.hub);
  await addPingRoute(app, options.access);
  addHlsRoutes(app, options.access, options.node);
  addRoutes(app, options.access, options.node, options.version);
  addOverlayRoutes(app, options.access, options.node);
  app.get('/publish', async (_request, reply) => await reply.sendFile('/publish.html'));
  await addPageFiles(app, ['/', '/index.html', '/publish.html']);
  return app;
}

/** The port the server is bound to, 0 before. */
function portOf(server: Server): number {
  const address = server.address() as AddressInfo | null;
  return address?.port ?? 0;
}
