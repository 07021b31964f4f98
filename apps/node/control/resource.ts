import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { ZodType } from 'zod';
import type { Access } from './access.js';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
const ALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** One method of a resource. */
export interface Action {
  /** `token`: the token itself, not a session of a page. `anyone`: no secret at all. */
  readonly who: 'anyone' | 'session' | 'token';
  readonly body?: ZodType;
  /** The body has no end, and `run` watches over it. */
  readonly endless?: boolean;
  /** For the description of the API. */
  readonly summary?: string;
  readonly run: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

/** An answer other than 200. */
export class HttpError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** A path as the description of the API shows it. */
export interface Documented {
  readonly url: string;
  readonly actions: Partial<Record<Method, Action>>;
}

const documentation = new WeakMap<Access, Documented[]>();

/** All paths added so far behind these rights. */
export function documented(access: Access): readonly Documented[] {
  return documentation.get(access) ?? [];
}

/** Adds a path with its methods; every other method on it is answered with 405 before anything else is looked at. */
export function resource(
  app: FastifyInstance,
  access: Access,
  url: string,
  actions: Partial<Record<Method, Action>>,
): void {
  const allowed = Object.keys(actions);
  documentation.set(access, [...documented(access), { url, actions }]);
  for (const [method, action] of Object.entries(actions)) {
    app.route({
      method,
      url,
      onRequest: demand(access, action.who),
      ...(action.body === undefined ? {} : { schema: { body: action.body } }),
      config: { endless: action.endless === true },
      handler: async (request, reply) => await action.run(request, reply),
    });
  }
  const readable = allowed.includes('GET');
  const others = ALL_METHODS.filter((method) => !allowed.includes(method) && !(method === 'HEAD' && readable));
  app.route({
    method: [...others],
    url,
    onRequest: async (_request: FastifyRequest, reply: FastifyReply) =>
      await reply.code(405).header('allow', allowed.join(', ')).send({ error: 'method' }),
    handler: async () => await Promise.resolve(null),
  });
}

/** Whether the request may change something: by the token, or by a session of the node's own page. */
export function mayChange(access: Access, request: FastifyRequest): boolean {
  const right = access.rightOf(request);
  return right === 'token' || (right === 'session' && request.headers.origin !== undefined);
}

/** Refuses who lacks the right; before the body is read, so that a stranger cannot make this node parse anything. */
function demand(access: Access, who: Action['who']): onRequestAsyncHookHandler {
  return async (request, reply) => {
    if (who === 'anyone') return;
    const right = access.rightOf(request);
    if (right === null) return await reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'token' });
    if (right === 'token') return;
    const changes = request.method !== 'GET' && request.method !== 'HEAD';
    if (who === 'token' || (changes && request.headers.origin === undefined)) {
      return await reply.code(403).send({ error: who === 'token' ? 'token' : 'origin' });
    }
  };
}
