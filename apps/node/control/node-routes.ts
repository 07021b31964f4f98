import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { LIMITS } from '../../../core/limits.js';
import type { Access } from './access.js';
import type { NodeEntry, NodePort } from './node-port.js';
import { HttpError, resource } from './resource.js';
import { settle } from './streams.js';
import { ticketEntries } from './tickets.js';

const NewNode = z.strictObject({
  ip_address: z.string().regex(/^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])$/),
  port: z.int().min(1).max(65_535),
});

/** Routes about this node and the others that it knows. */
export function addNodeRoutes(app: FastifyInstance, access: Access, node: NodePort, version: string): void {
  addHealthRoutes(app, access, node, version);
  resource(app, access, '/node', {
    GET: {
      who: 'session',
      summary: 'This node: identity, place in the overlay, tickets, timers',
      run: () => ({ node: { ...node.me(), ...node.view(), traffic: node.traffic() } }),
    },
    DELETE: {
      who: 'token',
      summary: 'Hand consumers over, leave, end the process',
      run: () => {
        node.shutDown();
        return { node: node.me() };
      },
    },
  });
  resource(app, access, '/node/:uuid', {
    GET: {
      who: 'session',
      summary: 'One node that this one knows',
      run: (request) => ({ node: nodeOf(node, request) }),
    },
    DELETE: {
      who: 'session',
      summary: 'Disconnect from a node and forget it',
      run: async (request) => {
        const entry = nodeOf(node, request);
        if (entry.uuid === node.id) throw new HttpError(409, 'this node itself is stopped by DELETE /node');
        settle(await node.forget(entry.uuid));
        return { node: entry };
      },
    },
  });
  resource(app, access, '/nodes', {
    GET: {
      who: 'session',
      summary: 'All nodes that this one knows, itself first',
      run: () => ({ nodes: [node.me(), ...node.nodes()] }),
    },
    POST: {
      who: 'session',
      summary: 'Dial a node by its address',
      body: NewNode,
      run: async (request, reply) => {
        const { ip_address, port } = request.body as z.infer<typeof NewNode>;
        settle(await node.meet(`${ip_address}:${port}`));
        void reply.code(202);
        return { node: { uuid: null, ip_address, port, supernode: false } };
      },
    },
  });
  resource(app, access, '/tickets', {
    GET: {
      who: 'session',
      summary: 'Promises to forward, given and taken',
      run: () => ({ tickets: ticketEntries(node) }),
    },
  });
}

function addHealthRoutes(app: FastifyInstance, access: Access, node: NodePort, version: string): void {
  resource(app, access, '/healthz', {
    GET: {
      who: 'anyone',
      summary: 'Whether the process answers, and what is wrong with it',
      run: () => {
        const why = node.health();
        return why === null ? { status: 'ok', version } : { status: 'degraded', why, version };
      },
    },
  });
  resource(app, access, '/metrics', {
    GET: {
      who: 'anyone',
      summary: 'Figures in the format of Prometheus',
      run: async (_request, reply) => await reply.type(node.telemetry.contentType).send(await node.telemetry.text()),
    },
  });
  resource(app, access, '/settings', {
    GET: {
      who: 'session',
      summary: 'Ports, names and limits that a player or a script needs',
      run: (request) => {
        const { uplink, directories, name } = node.settings;
        const port = request.socket.localPort;
        const upstream = node.traffic();
        return {
          settings: { uuid: node.id, port, peer_port: node.me().port, version, name, uplink, directories, upstream },
        };
      },
    },
  });
}

function nodeOf(node: NodePort, request: FastifyRequest): NodeEntry {
  const { uuid } = request.params as { uuid: string };
  const all = [node.me(), ...node.nodes()];
  const begun =
    uuid.length >= 8 && uuid.length <= LIMITS.idBytes ? all.filter((entry) => entry.uuid.startsWith(uuid)) : [];
  const entry = all.find((candidate) => candidate.uuid === uuid) ?? (begun.length === 1 ? begun[0] : undefined);
  if (entry === undefined) throw new HttpError(404, 'no such node');
  return entry;
}
