import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Access } from './access.js';
import { documented, resource, type Action, type Documented } from './resource.js';

const PATH = '/openapi.json';

/** Adds the description of all paths of the API, made of the very schemas that check requests. */
export function addOpenApi(app: FastifyInstance, access: Access, version: string): void {
  resource(app, access, PATH, {
    GET: { who: 'anyone', summary: 'This description', run: () => describe(documented(access), version) },
  });
}

function describe(paths: readonly Documented[], version: string): object {
  const entries = paths.map(({ url, actions }) => [
    url.replaceAll(/:(\w+)/g, '{$1}'),
    Object.fromEntries(
      Object.entries(actions).map(([method, action]) => [method.toLowerCase(), operation(url, action)]),
    ),
  ]);
  return {
    openapi: '3.1.0',
    info: { title: 'Control API of an astral node', version },
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'What the file `token` in the folder of the node holds.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'astral_PORT',
          description: 'Set for a page that redeems a code.',
        },
      },
      schemas: { Error: { type: 'object', properties: { error: { type: 'string' } }, required: ['error'] } },
    },
    paths: Object.fromEntries(entries) as object,
  };
}

function operation(url: string, { who, summary, body }: Action): object {
  const names = [...url.matchAll(/:(\w+)/g)].map((match) => match[1]);
  const json = (schema: object): object => ({ content: { 'application/json': { schema } } });
  return {
    ...(summary === undefined ? {} : { summary }),
    ...(names.length === 0
      ? {}
      : { parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })) }),
    ...(body === undefined ? {} : { requestBody: json(z.toJSONSchema(body, { io: 'input' })) }),
    security: who === 'anyone' ? [] : who === 'token' ? [{ token: [] }] : [{ token: [] }, { session: [] }],
    responses: {
      '2XX': { description: 'Done' },
      '4XX': { description: 'Refused', ...json({ $ref: '#/components/schemas/Error' }) },
    },
  };
}
