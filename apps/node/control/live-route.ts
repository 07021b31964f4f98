import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { LiveFeed } from '../live-feed.js';
import type { Access } from './access.js';
import { isCrossSite } from './guard.js';
import type { NodePort } from './node-port.js';

/**
 * `WebSocket /stream/:slug/live`. A media read needs no token, but a browser must show that the page is the node's own;
 * a program that is no browser, and hence sends no Origin, shows the token instead.
 */
export function addLiveRoute(app: FastifyInstance, access: Access, node: NodePort): void {
  const feeds = new WeakMap<FastifyRequest, LiveFeed>();
  app.get<{ Params: { slug: string } }>(
    '/stream/:slug/live',
    {
      websocket: true,
      preValidation: async (request, reply) => {
        const trusted = request.headers.origin !== undefined || access.rightOf(request) === 'token';
        if (!trusted || isCrossSite(request.raw.rawHeaders)) return await reply.code(403).send({ error: 'origin' });
        const stream = await node.stream(request.params.slug);
        const feed = stream === null ? null : node.feed(stream.id);
        if (feed === null) return await reply.code(404).send({ error: 'no such stream here' });
        feeds.set(request, feed);
      },
    },
    (socket, request) => attach(socket, feeds.get(request) ?? null),
  );
}

function attach(socket: WebSocket, feed: LiveFeed | null): void {
  socket.on('error', () => socket.terminate());
  socket.on('message', () => socket.close(1008, 'a player sends nothing'));
  const leave = feed?.subscribe(socket) ?? null;
  if (leave === null) socket.close(1013, 'too many players');
  else socket.on('close', leave);
}
