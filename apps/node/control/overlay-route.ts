import type { FastifyInstance } from 'fastify';
import { addOverlayPage, relayViews } from '../../overlay-page.js';
import type { Access } from './access.js';
import type { NodePort, StreamEntry } from './node-port.js';

/**
 * `/overlay`: the picture of what this node knows. Its own events always; if it has a directory, also the reports of all
 * nodes there, which only pass through.
 */
export function addOverlayRoutes(app: FastifyInstance, access: Access, node: NodePort): void {
  const [directory] = node.settings.directories;
  addOverlayPage(app, '/overlay', async (request) => {
    if (access.rightOf(request) === null) return null;
    const stream = shown(await node.streams());
    return {
      recorded: null,
      views: directory === undefined ? null : 'views/stream',
      events: 'events',
      player: stream === undefined ? null : { live: `stream/${encodeURIComponent(stream.slug)}/live` },
      you: node.id,
    };
  });
  app.get('/views/stream', async (request, reply) => {
    if (access.rightOf(request) === null) return await reply.code(401).send({ error: 'token' });
    if (directory === undefined) return await reply.code(404).send({ error: 'no directory' });
    return await relayViews(directory, request, reply);
  });
}

/** The stream that plays beside the picture: one that the node receives, or else publishes. */
function shown(streams: readonly StreamEntry[]): StreamEntry | undefined {
  return streams.find(({ watching }) => watching) ?? streams.find(({ own }) => own);
}
