import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { CertificateFiles } from './certificate.js';
import { capSockets } from './socket-caps.js';
import { CLOSE_TIMEOUT_MS, DIAL_TIMEOUT_MS, type Listener } from './transport.js';
import { SOCKET_OPTIONS, SUBPROTOCOL } from './websocket-settings.js';

/** Where and how many to accept. */
export interface WebSocketListenOptions {
  /** Interface to bind, 127.0.0.1 unless told. */
  readonly host?: string;
  /** 0 takes a free port. */
  readonly port?: number;
  /** Host name or address that others dial, when it is not the interface bound. */
  readonly advertise?: string;
  /** With it the port speaks TLS, and nothing else. */
  readonly certificate?: CertificateFiles;
  /** Told why a renewed certificate is not used. */
  readonly onCertificateProblem?: (why: string) => void;
  /** Open sockets in all, and from one address; handshakes that are not done count. */
  readonly maxSockets?: number;
  readonly maxSocketsPerAddress?: number;
}

const MAX_SOCKETS = 600;
const MAX_SOCKETS_PER_ADDRESS = 64;
const MAX_HEADER_BYTES = 8 * 1024;

/** A port that takes WebSocket upgrades of the peer protocol and answers everything else with an error. */
export async function listenWebSocket(
  options: WebSocketListenOptions,
  accept: (socket: WebSocket, remote: string) => void,
): Promise<Listener> {
  const host = options.host ?? '127.0.0.1';
  const upgrades = new WebSocketServer({
    ...SOCKET_OPTIONS,
    noServer: true,
    clientTracking: false,
    handleProtocols: () => SUBPROTOCOL,
  });
  const { server, end } = createHttp(options);
  capSockets(server, options.maxSockets ?? MAX_SOCKETS, options.maxSocketsPerAddress ?? MAX_SOCKETS_PER_ADDRESS);
  server.on('request', (_request, response) => {
    response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refused = refusal(request);
    if (refused !== null) {
      refuse(socket, refused);
      return;
    }
    upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      accept(webSocket, request.socket.remoteAddress ?? 'unknown');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `${options.certificate === undefined ? 'ws' : 'wss'}://${urlHost(options.advertise ?? host)}:${port}`,
    close: () =>
      new Promise((resolve) => {
        end();
        // The callback waits for upgraded sockets too, which are not the listener's to end.
        server.close();
        server.closeAllConnections();
        resolve();
      }),
  };
}

function createHttp({ certificate, onCertificateProblem }: WebSocketListenOptions): {
  server: Server;
  end: () => void;
} {
  const bounds = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: DIAL_TIMEOUT_MS,
    requestTimeout: DIAL_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
  };
  if (certificate === undefined) return { server: createServer(bounds), end: () => undefined };
  const server = createTlsServer({ ...bounds, ...certificate.current, handshakeTimeout: DIAL_TIMEOUT_MS });
  const end = certificate.watch(
    (renewed) => server.setSecureContext(renewed),
    (why) => onCertificateProblem?.(why),
  );
  return { server, end };
}

/** The status to refuse an upgrade with, or null. Web pages send an Origin, and no web page is a peer. */
function refusal(request: IncomingMessage): number | null {
  if (request.headers.origin !== undefined) return 403;
  const offered = request.headers['sec-websocket-protocol'] ?? '';
  return offered.split(',').some((name) => name.trim() === SUBPROTOCOL) ? null : 400;
}

function refuse(socket: Duplex, status: number): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS).unref();
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
