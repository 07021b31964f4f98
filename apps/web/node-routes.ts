import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LIMITS } from '../../core/limits.js';
import { FRAME_ROUTE, FRAME_TYPE, NODE_HEADER } from '../../transports/http-directory.js';
import type { DirectoryService, RecordVerdict } from './directory-service.js';
import { readRecord } from './record-json.js';

const FRAME_STATUS = { 'no-node': 400, malformed: 400, 'too-large': 413, stopped: 503 } as const;
const RECORD_STATUS: Readonly<Record<RecordVerdict, number>> = {
  listed: 201,
  withdrawn: 200,
  forged: 403,
  stale: 409,
};

/** Adds the route that nodes post their frames to. */
export function addFrameRoute(app: FastifyInstance, directory: DirectoryService): void {
  const parseAs = 'buffer';
  const bodyLimit = LIMITS.controlBytes;
  app.addContentTypeParser(FRAME_TYPE, { parseAs, bodyLimit }, (_request, body, done) => done(null, body));
  app.post(FRAME_ROUTE, { bodyLimit }, async (request, reply) => {
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
    const from = request.headers[NODE_HEADER];
    const answer = directory.frame(body, typeof from === 'string' ? from : undefined, request.ip);
    if (!answer.ok) return await reply.code(FRAME_STATUS[answer.why]).send({ error: answer.why });
    return await reply.header(NODE_HEADER, directory.id).type(FRAME_TYPE).send(Buffer.from(answer.body));
  });
}

/**
 * `POST /nodes` and `DELETE /node/:uuid` of 2011: both take the record that the node itself has signed, the latter one
 * that lives no time. Nobody can list or remove another.
 */
export function addRecordRoutes(app: FastifyInstance, directory: DirectoryService): void {
  const take = async (request: FastifyRequest, reply: FastifyReply, uuid: string | null): Promise<FastifyReply> => {
    const record = readRecord(request.body);
    if (record === null) return await reply.code(400).send({ error: 'no record of a node; see docs/wire.md' });
    const foreign = uuid !== null && (record.node !== uuid || record.ttl !== 0);
    const verdict = foreign ? 'forged' : directory.record(record, request.ip);
    const answer = RECORD_STATUS[verdict] < 300 ? { node: { uuid: record.node }, state: verdict } : { error: verdict };
    return await reply.code(RECORD_STATUS[verdict]).send(answer);
  };
  app.post('/nodes', (request, reply) => take(request, reply, null));
  app.delete<{ Params: { uuid: string } }>('/node/:uuid', (request, reply) =>
    take(request, reply, request.params.uuid),
  );
}
