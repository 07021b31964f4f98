import type { FastifyRequest } from 'fastify';
import type { NodePort, Outcome, StreamEntry } from './node-port.js';
import { HttpError } from './resource.js';

/** The stream that the path names by slug or id; 404 if there is none. */
export async function known(node: NodePort, request: FastifyRequest): Promise<StreamEntry> {
  const stream = await node.stream((request.params as { slug: string }).slug);
  if (stream === null) throw new HttpError(404, 'no such stream');
  return stream;
}

/** 404 for what is not there, 409 for what cannot be done now. */
export function settle(outcome: Outcome): void {
  if (outcome.ok) return;
  throw new HttpError(outcome.why.startsWith('unknown-') ? 404 : 409, outcome.why);
}
