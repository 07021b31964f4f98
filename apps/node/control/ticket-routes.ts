import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { LIMITS } from '../../../core/limits.js';
import type { Access } from './access.js';
import type { NodePort } from './node-port.js';
import { HttpError, resource, type Action } from './resource.js';
import { known, settle } from './streams.js';
import { ticketEntries, type TicketEntry } from './tickets.js';

const NewTicket = z.strictObject({ destination_uuid: z.string().max(LIMITS.idBytes).optional() }).nullish();
const Confirmation = z.strictObject({ confirmed: z.literal(true) });

/** Routes about the tickets of one stream: this node's own, and those that it gave to others. */
export function addTicketRoutes(app: FastifyInstance, access: Access, node: NodePort): void {
  const ask: Action = {
    who: 'session',
    summary: 'Receive the stream; with the destination_uuid of a peer, ask that one to receive it and pass it on',
    body: NewTicket,
    run: async (request, reply) => {
      const destination = (request.body as z.infer<typeof NewTicket>)?.destination_uuid;
      const stream = await known(node, request);
      if (destination !== undefined && destination !== node.id) {
        settle(await node.seed(stream.id, destination));
        void reply.code(202);
        return { stream, asked: destination };
      }
      settle(await node.watch(stream.id));
      return { stream: await known(node, request) };
    },
  };
  resource(app, access, '/stream/:slug/tickets', { POST: ask });
  resource(app, access, '/stream/:slug/watch', { POST: ask });
  resource(app, access, '/stream/:slug/ticket', {
    GET: {
      who: 'session',
      summary: 'The tickets by which this node receives the stream',
      run: async (request) => ({ tickets: await ticketsOf(node, request, node.id) }),
    },
    DELETE: {
      who: 'session',
      summary: 'Stop receiving the stream',
      run: async (request) => {
        const stream = await known(node, request);
        settle(await node.unwatch(stream.id));
        return { stream: await known(node, request) };
      },
    },
  });
  addDestinationRoute(app, access, node);
}

/** One destination's tickets: a stream is dealt over several sub-streams, each with a ticket of its own. */
function addDestinationRoute(app: FastifyInstance, access: Access, node: NodePort): void {
  const found = async (request: FastifyRequest): Promise<TicketEntry[]> => {
    const tickets = await ticketsOf(node, request, (request.params as { uuid: string }).uuid);
    if (tickets.length === 0) throw new HttpError(404, 'no such ticket');
    return tickets;
  };
  resource(app, access, '/stream/:slug/ticket/:uuid', {
    GET: {
      who: 'session',
      summary: "One destination's tickets here",
      run: async (request) => ({ tickets: await found(request) }),
    },
    PUT: {
      who: 'session',
      summary: 'Whether the tickets stand: consumers confirm by themselves, over the overlay',
      body: Confirmation,
      run: async (request) => {
        const tickets = await found(request);
        if (tickets.some(({ state }) => state === 'offered')) throw new HttpError(409, 'not confirmed yet');
        return { tickets };
      },
    },
    DELETE: {
      who: 'session',
      summary: 'Revoke what was promised to a destination; ?ticket=N revokes one ticket',
      run: async (request) => {
        const { id } = await known(node, request);
        const { ticket } = request.query as { readonly ticket?: unknown };
        const number = ticket === undefined ? null : ticketNumber(ticket);
        const tickets = (await found(request)).filter((entry) => number === null || entry.ticket === number);
        const destination = (request.params as { uuid: string }).uuid;
        if (destination === node.id) settle(await node.unwatch(id));
        else settle(await node.revoke(id, destination, number));
        return { tickets };
      },
    },
  });
}

function ticketNumber(text: unknown): number {
  if (typeof text === 'string' && /^\d{1,10}$/.test(text)) return Number(text);
  throw new HttpError(400, 'ticket must be a number');
}

async function ticketsOf(node: NodePort, request: FastifyRequest, destination: string): Promise<TicketEntry[]> {
  const { id } = await known(node, request);
  return ticketEntries(node).filter((ticket) => ticket.stream_id === id && ticket.destination === destination);
}
