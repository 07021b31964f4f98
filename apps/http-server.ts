import type { Server } from 'node:http';
import helmet from '@fastify/helmet';
import fastify, { type FastifyInstance, type FastifyHttpOptions } from 'fastify';
import type { Logger } from 'pino';
import type { CertificateFiles } from '../transports/certificate.js';
import { capSockets } from '../transports/socket-caps.js';

/** Milliseconds until the headers, and until the whole of a request must have come; judged every `CHECK_MS`. */
const HEADERS_MS = 8_500;
export const REQUEST_MS = 13_500;
const CHECK_MS = 1_000;
/** How long a connection may wait for its next request. */
const IDLE_MS = 10_000;
/** Open sockets in all, and from one address: a whole household, or a proxy on this machine. */
const MAX_SOCKETS = 1_000;
const MAX_SOCKETS_PER_ADDRESS = 250;

/** What every server of ours puts up with at most. */
const BOUNDS = {
  bodyLimit: 64 * 1024,
  requestTimeout: REQUEST_MS,
  keepAliveTimeout: IDLE_MS,
  http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: CHECK_MS },
  forceCloseConnections: true,
} as const satisfies FastifyHttpOptions<Server>;

interface Special {
  readonly requestTimeout?: number;
}

interface Security {
  /** With it the server speaks TLS, and nothing else. */
  readonly certificate?: CertificateFiles | null;
}

/** A server within bounds, not yet listening. Failures that nobody foresaw are logged and told to nobody. */
export function createHttpServer(log: Logger, options: Special & Security = {}): FastifyInstance {
  const { certificate, ...special } = options;
  const app = certificate ? createTls(special, certificate, log) : fastify({ ...BOUNDS, ...special });
  capSockets(app.server, MAX_SOCKETS, MAX_SOCKETS_PER_ADDRESS);
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
    const status = error.statusCode ?? 500;
    const unforeseen = status === 500;
    if (unforeseen) log.error({ err: error }, 'request failed');
    return reply.code(status).send({ error: unforeseen ? 'internal' : error.message });
  });
  return app;
}

function createTls(special: Special, certificate: CertificateFiles, log: Logger): FastifyInstance {
  const { http, ...bounds } = BOUNDS;
  const https = { ...http, ...certificate.current, handshakeTimeout: HEADERS_MS };
  const app = fastify({ ...bounds, ...special, https });
  const end = certificate.watch(
    (renewed) => app.server.setSecureContext(renewed),
    (why) => log.error({ why }, 'the renewed certificate is not used'),
  );
  app.addHook('onClose', () => end());
  return app;
}

/** Headers that keep foreign pages out. `sources` is the content security policy beyond what all pages share. */
export async function addSafetyHeaders(
  app: FastifyInstance,
  sources: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  await app.register(helmet, {
    global: true,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'style-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
        ...Object.fromEntries(Object.entries(sources).map(([name, values]) => [name, [...values]])),
      },
    },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
  });
}
