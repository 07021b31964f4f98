import type { FastifyInstance } from 'fastify';
import type { WebSocket } from 'ws';
import type { EventHub } from '../events.js';
import type { Access } from './access.js';
import { isCrossSite } from './guard.js';

/**
 * `WebSocket /events`: what happens on this node, see `EventHub`. A program shows the token, the node's own page its
 * session; a page of another site never gets so far, and a session without an Origin did not come from a page.
 */
export function addEventsRoute(app: FastifyInstance, access: Access, hub: EventHub): void {
  app.get(
    '/events',
    {
      websocket: true,
      preValidation: async (request, reply) => {
        const right = access.rightOf(request);
        const proven = right === 'token' || (right === 'session' && request.headers.origin !== undefined);
        if (proven && !isCrossSite(request.raw.rawHeaders)) return;
        return await reply.code(403).send({ error: 'token' });
      },
    },
    (socket) => attach(socket, hub),
  );
}

function attach(socket: WebSocket, hub: EventHub): void {
  socket.on('error', () => socket.terminate());
  socket.on('message', () => socket.close(1008, 'a listener sends nothing'));
  const leave = hub.subscribe(socket);
  if (leave === null) socket.close(1013, 'too many listeners');
  else socket.on('close', leave);
}
