import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { createWebSocketStream } from 'ws';
import type { WebSocket } from 'ws';
import type { MediaError } from '../media/result.js';
import type { Access } from './access.js';
import type { NodePort, PushOutcome } from './node-port.js';
import { HttpError, mayChange, resource } from './resource.js';

/** How an outcome is told: the status of HTTP, which with 4000 added is the close code of the WebSocket. */
interface Verdict {
  readonly status: number;
  readonly text: string;
}

const REFUSED: Readonly<Record<Extract<PushOutcome, { ok: false }>['why'], Verdict>> = {
  slug: { status: 400, text: 'a stream address has lower-case letters, digits and single hyphens' },
  foreign: { status: 409, text: 'another publisher has a stream of this name; choose another name' },
  sample: { status: 409, text: 'this stream plays the bundled sample; choose another name' },
  busy: { status: 409, text: 'somebody is publishing this stream already; stop that first, or wait 10 s' },
  limit: { status: 409, text: 'this node publishes as many streams as it may; remove one first' },
  disk: { status: 507, text: 'the key of the stream cannot be kept; look at the disk of this node' },
};

const NOT_FRAGMENTED =
  'not fragmented MP4; with ffmpeg: -movflags +cmaf+empty_moov+default_base_moof -frag_duration 100000 -f mp4';
const BAD_MEDIA: Readonly<Record<MediaError, Verdict>> = {
  'box-size': { status: 415, text: NOT_FRAGMENTED },
  'box-truncated': { status: 422, text: 'a box is shorter than it says' },
  'unexpected-box': { status: 415, text: NOT_FRAGMENTED },
  'no-init': { status: 415, text: NOT_FRAGMENTED },
  'box-too-large': { status: 413, text: 'a fragment is larger than 4 MiB, or this is not fragmented MP4' },
  'init-too-large': { status: 413, text: 'the moov is larger than 8 KiB; remove metadata such as cover pictures' },
  'no-tracks': { status: 422, text: 'there is neither picture nor sound' },
  'too-many-tracks': { status: 422, text: 'there are more than 8 tracks' },
  'too-many-samples': { status: 422, text: 'a fragment has too many samples' },
  'too-many-fragments': { status: 422, text: 'fragments are too short; make them 100 ms to 2 s' },
  'bad-codec': { status: 422, text: 'the codec cannot be told' },
  'absolute-offsets': {
    status: 422,
    text: 'offsets count from the start of the file; with ffmpeg: -movflags +default_base_moof',
  },
  'unknown-track': { status: 422, text: 'a fragment names a track that the moov lacks' },
};

/** Highest rate that a query may name. */
const MAX_FLOOR = 1e9;
/** Time for a refused writer to read the answer before the connection is cut under what it still sends. */
const LINGER_MS = 250;

/**
 * Ways in for media of the owner's own streams: `PUT /stream/:slug/media` with a body of fragmented MP4 that may go on for
 * ever, and `WebSocket /stream/:slug/publish` whose binary frames are pieces of the same, for pages, which cannot send an
 * endless body. `?bitrate=` names the bits per second that the encoder is set to.
 */
export async function addMediaRoutes(app: FastifyInstance, access: Access, node: NodePort, log: Logger): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _body, done) => done(null));
    scope.addHook('onSend', (request, reply, _payload, next) => {
      if (!request.raw.complete) cutAfterAnswer(request, reply);
      next();
    });
    resource(scope, access, '/stream/:slug/media', {
      PUT: { who: 'session', endless: true, run: async (request) => await put(node, request) },
    });
    await Promise.resolve();
  });
  app.get(
    '/stream/:slug/publish',
    {
      websocket: true,
      preValidation: async (request, reply) => {
        if (!mayChange(access, request)) return await reply.code(403).send({ error: 'origin' });
      },
    },
    (socket, request) => {
      receive(node, socket, request).catch((error: unknown) => {
        log.error({ err: error }, 'publishing over a socket failed');
        socket.close(4_500, 'internal');
      });
    },
  );
}

async function put(node: NodePort, request: FastifyRequest): Promise<unknown> {
  const outcome = await node.push(slugOf(request), request.raw, floorOf(request));
  const verdict = verdictOf(outcome);
  if (verdict.status !== 200) throw new HttpError(verdict.status, verdict.text);
  const { epochs, fragments, bytes } = outcome as Extract<PushOutcome, { ok: true }>;
  return { stream: await node.stream(slugOf(request)), epochs, fragments, bytes };
}

/** A body that nobody reads to its end must not go on. */
function cutAfterAnswer(request: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once('finish', () => {
    request.raw.resume();
    setTimeout(() => request.raw.socket.destroy(), LINGER_MS);
  });
}

async function receive(node: NodePort, socket: WebSocket, request: FastifyRequest): Promise<void> {
  const source = createWebSocketStream(socket);
  // An error reaches the reader; one that comes after the reader has gone concerns nobody.
  source.on('error', () => socket.terminate());
  const { status, text } = verdictOf(await node.push(slugOf(request), source, floorOf(request)));
  if (status === 200) socket.close(1000);
  else socket.close(4_000 + status, text);
}

function slugOf(request: FastifyRequest): string {
  return (request.params as { slug: string }).slug;
}

function floorOf(request: FastifyRequest): number {
  const { bitrate } = request.query as { bitrate?: unknown };
  const floor = typeof bitrate === 'string' && /^\d{1,10}$/.test(bitrate) ? Number(bitrate) : 0;
  return Math.min(floor, MAX_FLOOR);
}

function verdictOf(outcome: PushOutcome): Verdict {
  if (!outcome.ok) return REFUSED[outcome.why];
  switch (outcome.end.why) {
    case 'ended':
      return { status: 200, text: '' };
    case 'bad-media':
      return BAD_MEDIA[outcome.end.error];
    case 'silent':
      return { status: 408, text: 'nothing came for 10 s' };
    case 'gone':
    case 'stopped':
    case 'refused':
      return { status: 503, text: 'the stream was removed, or the node is leaving' };
  }
}
