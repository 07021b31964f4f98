import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { MAX_STREAM_NAME } from '../options.js';
import type { Access } from './access.js';
import type { NodePort, NotCreated } from './node-port.js';
import { addNodeRoutes } from './node-routes.js';
import { addOpenApi } from './openapi.js';
import { HttpError, resource } from './resource.js';
import { known, settle } from './streams.js';
import { addTicketRoutes } from './ticket-routes.js';

const NewStream = z.strictObject({
  name: z.string().min(1).max(MAX_STREAM_NAME),
  description: z.string().max(MAX_STREAM_NAME).default(''),
  /** Where the media come from: the bundled sample, or what will be pushed. */
  media: z.enum(['sample', 'push']),
});
const StreamState = z.strictObject({ streaming: z.boolean() });
const NewSession = z.strictObject({ code: z.string().max(256) });

const NOT_CREATED: Readonly<Record<NotCreated, () => HttpError>> = {
  limit: () => new HttpError(409, 'this node publishes as many streams as it may'),
  disk: () =>
    new HttpError(507, 'the key of the stream cannot be kept; look at the disk that holds the data of this node'),
  failed: () =>
    new HttpError(409, 'the stream was removed meanwhile, or cannot be published; look at the log of this node'),
};

/** The JSON routes of 2011 that this node has, behind the access rules. */
export function addRoutes(app: FastifyInstance, access: Access, node: NodePort, version: string): void {
  addNodeRoutes(app, access, node, version);
  addStreamRoutes(app, access, node);
  addTicketRoutes(app, access, node);
  addOpenApi(app, access, version);
  resource(app, access, '/session', {
    POST: {
      who: 'anyone',
      summary: 'Trade a one-time code for the session of a page',
      body: NewSession,
      run: (request, reply) => {
        const session = access.redeem((request.body as z.infer<typeof NewSession>).code);
        if (session === null)
          throw new HttpError(401, 'the code is unknown or spent; start the page from the printed address');
        access.giveCookie(request, reply, session);
        return { session: true };
      },
    },
    GET: { who: 'session', summary: 'Whether the session holds', run: () => ({ session: true }) },
  });
  resource(app, access, '/codes', {
    POST: { who: 'token', summary: 'A one-time code for the page', run: () => ({ code: access.newCode() }) },
  });
}

function addStreamRoutes(app: FastifyInstance, access: Access, node: NodePort): void {
  resource(app, access, '/streams', {
    GET: {
      who: 'session',
      summary: 'Streams that this node knows',
      run: async () => ({ streams: await node.streams() }),
    },
    POST: {
      who: 'session',
      summary: 'Create a stream; one that this node has under the name goes on',
      body: NewStream,
      run: async (request, reply) => {
        const { name, description, media } = request.body as z.infer<typeof NewStream>;
        const created =
          media === 'sample' ? await node.publishSample(name, description) : await node.createPush(name, description);
        if (!created.ok) throw NOT_CREATED[created.why]();
        const { stream } = created;
        void reply.code(201).header('location', `/stream/${stream.slug}`);
        return { stream };
      },
    },
  });
  resource(app, access, '/stream/:slug', {
    GET: { who: 'session', summary: 'One stream', run: async (request) => ({ stream: await known(node, request) }) },
    PUT: {
      who: 'session',
      summary: 'Pause an own stream, or go on: {"streaming": false} or true',
      body: StreamState,
      run: async (request) => {
        const { id } = await known(node, request);
        settle(node.pause(id, !(request.body as z.infer<typeof StreamState>).streaming));
        return { stream: await known(node, request) };
      },
    },
    DELETE: {
      who: 'session',
      summary: 'End an own stream for good, key included; stop watching any other',
      run: async (request) => {
        const stream = await known(node, request);
        settle(await node.remove(stream.id));
        return { stream };
      },
    },
  });
}
