import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Access } from './access.js';
import { HttpError, resource } from './resource.js';

/** Largest answer to a download check, and largest body of an upload check: those of 2011. */
const MAX_DOWN_BYTES = 2 * 1024 * 1024;
const MAX_UP_BYTES = 256 * 1024;
const BLOCK = Buffer.alloc(16 * 1024);

/** `/ping`: a round trip for everybody on this machine; with `bytes`, or by POST, a check of the way to this process. */
export async function addPingRoute(app: FastifyInstance, access: Access): Promise<void> {
  // In a scope of its own, so that no other route takes anything but JSON.
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/octet-stream',
      { parseAs: 'buffer', bodyLimit: MAX_UP_BYTES },
      (_, body, done) => done(null, body),
    );
    resource(scope, access, '/ping', {
      GET: {
        who: 'anyone',
        summary: 'Round trip; with ?bytes=N (session) so many bytes',
        run: (request, reply) => {
          const bytes = bytesOf(request);
          if (bytes === null) return { pong: true };
          if (access.rightOf(request) === null) throw new HttpError(401, 'token');
          return reply.type('application/octet-stream').send(Readable.from(blocks(bytes)));
        },
      },
      POST: {
        who: 'session',
        summary: 'Upload check: up to 256 KiB of application/octet-stream',
        run: ({ body }) => ({ bytes: Buffer.isBuffer(body) ? body.length : 0 }),
      },
    });
  });
}

/** The number asked for, null if none was. */
function bytesOf(request: FastifyRequest): number | null {
  const { bytes } = request.query as { readonly bytes?: unknown };
  if (bytes === undefined) return null;
  const number = typeof bytes === 'string' && /^\d{1,7}$/.test(bytes) ? Number(bytes) : Infinity;
  if (number > MAX_DOWN_BYTES) throw new HttpError(400, `bytes must be a whole number, at most ${MAX_DOWN_BYTES}`);
  return number;
}

function* blocks(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= BLOCK.length) yield BLOCK.subarray(0, Math.min(left, BLOCK.length));
}
