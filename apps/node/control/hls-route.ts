import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Found, HlsFeed } from '../media/hls-feed.js';
import type { Access } from './access.js';
import type { NodePort } from './node-port.js';
import { HttpError, resource } from './resource.js';

/** How long a player waits for the first playlist of a stream that has just begun. */
const PATIENCE_MS = 15_000;
const PLAYLIST = 'application/vnd.apple.mpegurl';

/**
 * `GET /stream/:slug/hls/...`: the stream as HTTP Live Streaming, for VLC, ffplay, Safari and hls.js. Players send no
 * token, so none is asked for; that no foreign page reads it is up to the checks of Host, Origin and Sec-Fetch-Site.
 */
export function addHlsRoutes(app: FastifyInstance, access: Access, node: NodePort): void {
  resource(app, access, '/stream/:slug/hls/index.m3u8', {
    GET: { who: 'anyone', run: async (request, reply) => await playlist(await feedOf(node, request), reply) },
  });
  resource(app, access, '/stream/:slug/hls/:file', {
    GET: {
      who: 'anyone',
      run: async (request, reply) => media(await feedOf(node, request), fileOf(request), reply),
    },
  });
}

async function playlist(feed: HlsFeed, reply: FastifyReply): Promise<FastifyReply> {
  await feed.ready(PATIENCE_MS);
  const text = feed.playlist();
  if (text === null) {
    void reply.header('retry-after', '2');
    throw new HttpError(503, 'there is not enough of the stream yet; try again');
  }
  return reply.type(PLAYLIST).header('cache-control', 'no-cache').send(text);
}

/** What a playlist names never changes under its name; `init.mp4`, the newest initialisation segment, does. */
function media(feed: HlsFeed, file: string, reply: FastifyReply): FastifyReply {
  const [, init, segment] = /^(?:init-(\d{1,15})\.mp4|(\d{1,15})\.m4s)$/.exec(file) ?? [];
  const newest = file === 'init.mp4';
  let found: Found = 'unknown';
  if (segment !== undefined) found = feed.segment(Number(segment));
  else if (newest || init !== undefined) found = feed.init(newest ? null : Number(init));
  if (found === 'gone') throw new HttpError(410, 'this part of the stream is over; read the playlist again');
  if (found === 'unknown') throw new HttpError(404, 'no such part of the stream');
  return reply
    .type(segment === undefined ? 'video/mp4' : 'video/iso.segment')
    .header('cache-control', newest ? 'no-cache' : 'private, max-age=60, immutable')
    .send(found);
}

async function feedOf(node: NodePort, request: FastifyRequest): Promise<HlsFeed> {
  const stream = await node.stream((request.params as { slug: string }).slug);
  if (stream === null) throw new HttpError(404, 'no such stream');
  const feed = node.hls(stream.id);
  if (feed === null) throw new HttpError(404, 'this node does not receive the stream; watch it first');
  return feed;
}

function fileOf(request: FastifyRequest): string {
  return (request.params as { file: string }).file;
}
