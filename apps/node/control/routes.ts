import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { LIMITS } from '../../../core/limits.js';
import type { Access } from './access.js';
import type { NodePort, StreamEntry } from './node-port.js';
import { HttpError, resource } from './resource.js';
import { ticketEntries } from './tickets.js';

const NewStream = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(LIMITS.stringBytes / 4),
  description: z
    .string()
    .max(LIMITS.stringBytes / 4)
    .default(''),
  /** Where the media come from: the bundled sample, or what will be pushed. */
  media: z.enum(['sample', 'push']),
});
const NewTicket = z.strictObject({ destination_uuid: z.string().max(LIMITS.idBytes).optional() }).nullish();
const NewSession = z.strictObject({ code: z.string().max(256) });

/** The JSON routes of 2011 that this node has, behind the access rules. */
export function addRoutes(app: FastifyInstance, access: Access, node: NodePort, version: string): void {
  addNodeRoutes(app, access, node, version);
  addStreamRoutes(app, access, node);
  resource(app, access, '/session', {
    POST: {
      who: 'anyone',
      body: NewSession,
      run: (request, reply) => {
        const session = access.redeem((request.body as z.infer<typeof NewSession>).code);
        if (session === null)
          throw new HttpError(401, 'the code is unknown or spent; start the page from the printed address');
        access.giveCookie(request, reply, session);
        return { session: true };
      },
    },
    GET: { who: 'session', run: () => ({ session: true }) },
  });
  resource(app, access, '/codes', { POST: { who: 'token', run: () => ({ code: access.newCode() }) } });
}

function addNodeRoutes(app: FastifyInstance, access: Access, node: NodePort, version: string): void {
  resource(app, access, '/ping', { GET: { who: 'anyone', run: () => ({ pong: true }) } });
  resource(app, access, '/healthz', { GET: { who: 'anyone', run: () => ({ status: 'ok', version }) } });
  resource(app, access, '/node', {
    GET: { who: 'session', run: () => ({ node: { ...node.me(), ...node.view() } }) },
    DELETE: {
      who: 'token',
      run: () => {
        node.shutDown();
        return { node: node.me() };
      },
    },
  });
  resource(app, access, '/nodes', { GET: { who: 'session', run: () => ({ nodes: [node.me(), ...node.nodes()] }) } });
  resource(app, access, '/tickets', { GET: { who: 'session', run: () => ({ tickets: ticketEntries(node) }) } });
  resource(app, access, '/settings', {
    GET: {
      who: 'session',
      run: (request) => ({
        settings: { uuid: node.id, port: request.socket.localPort, peer_port: node.me().port, version },
      }),
    },
  });
}

function addStreamRoutes(app: FastifyInstance, access: Access, node: NodePort): void {
  resource(app, access, '/streams', {
    GET: { who: 'session', run: async () => ({ streams: await node.streams() }) },
    POST: {
      who: 'session',
      body: NewStream,
      run: async (request, reply) => {
        const { name, description, media } = request.body as z.infer<typeof NewStream>;
        const stream =
          media === 'sample' ? await node.publishSample(name, description) : await node.createPush(name, description);
        if (stream === null) throw new HttpError(409, 'this node publishes as many streams as it may');
        void reply.code(201).header('location', `/stream/${stream.slug}`);
        return { stream };
      },
    },
  });
  resource(app, access, '/stream/:slug', {
    GET: { who: 'session', run: async (request) => ({ stream: await known(node, request) }) },
    DELETE: {
      who: 'session',
      run: async (request) => {
        const stream = await known(node, request);
        settle(await node.remove(stream.id));
        return { stream };
      },
    },
  });
  const watch = async (request: FastifyRequest): Promise<unknown> => {
    const destination = (request.body as z.infer<typeof NewTicket>)?.destination_uuid;
    if (destination !== undefined && destination !== node.id)
      throw new HttpError(403, 'a node asks for tickets for itself only');
    const stream = await known(node, request);
    settle(await node.watch(stream.id));
    return { stream: await known(node, request) };
  };
  resource(app, access, '/stream/:slug/tickets', { POST: { who: 'session', body: NewTicket, run: watch } });
  resource(app, access, '/stream/:slug/watch', { POST: { who: 'session', body: NewTicket, run: watch } });
  resource(app, access, '/stream/:slug/ticket', {
    GET: {
      who: 'session',
      run: async (request) => {
        const { id } = await known(node, request);
        return {
          tickets: ticketEntries(node).filter((ticket) => ticket.stream_id === id && ticket.destination === node.id),
        };
      },
    },
    DELETE: {
      who: 'session',
      run: async (request) => {
        const stream = await known(node, request);
        settle(await node.unwatch(stream.id));
        return { stream: await known(node, request) };
      },
    },
  });
}

async function known(node: NodePort, request: FastifyRequest): Promise<StreamEntry> {
  const stream = await node.stream((request.params as { slug: string }).slug);
  if (stream === null) throw new HttpError(404, 'no such stream');
  return stream;
}

function settle(outcome: { ok: true } | { ok: false; why: string }): void {
  if (!outcome.ok) throw new HttpError(409, outcome.why);
}
