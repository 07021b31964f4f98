import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { paceLoop } from '../../apps/node/media/pacer.js';
import { loadSampleLoop } from '../../apps/node/media/sample.js';
import type { LoopFragment, SampleLoop } from '../../apps/node/media/sample-loop.js';
import { encodeLive, LIVE_VERSION } from '../../viz/player/live-protocol.js';
import type { LiveInit } from '../../viz/player/live-protocol.js';

const PAGES = new URL('../../viz/', import.meta.url);
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; connect-src 'self'";

type Resources = Readonly<Record<string, unknown>>;

/** A server that plays the sample to the page as a node does, and can be made to misbehave. */
export interface PlayerRig {
  readonly url: string;
  /** Fragments left out from now on. */
  skip(count: number): void;
  /** Cuts every player's socket without a close frame. */
  cut(): void;
  /** The publisher starts anew under this name: another epoch, media time from 0. */
  restart(name: string): void;
  /** Sends bytes that are no media as the next fragment. */
  poison(): void;
  stop(): Promise<void>;
}

function now(): number {
  return Math.round(performance.now() * 1_000);
}

const clock = {
  now,
  wakeAt: (at: number, wake: () => void) => {
    const timer = setTimeout(wake, Math.ceil((at - now()) / 1_000));
    return () => clearTimeout(timer);
  },
};

/** The publisher and the node in one: the sample in real time, and what the faults do to it. */
class Broadcast {
  readonly sockets = new Set<WebSocket>();
  readonly #loop: SampleLoop;
  #name: string;
  #epoch = 0;
  #startedAt = 0;
  #backlog: Uint8Array[] = [];
  #stop = (): void => undefined;
  skip = 0;
  poison = false;

  constructor(loop: SampleLoop, name: string) {
    this.#loop = loop;
    this.#name = name;
    this.start(name);
  }

  start(name: string): void {
    this.#stop();
    this.#name = name;
    this.#epoch++;
    this.#backlog = [];
    for (const socket of this.sockets) this.open(socket);
    this.#startedAt = now();
    this.#stop = paceLoop(this.#loop, clock, (fragment, n) => this.#emit(fragment, n));
  }

  stop(): void {
    this.#stop();
    for (const socket of this.sockets) socket.terminate();
  }

  open(socket: WebSocket): void {
    const init: LiveInit = {
      type: 'init',
      version: LIVE_VERSION,
      slug: 'sample',
      name: this.#name,
      mime: this.#loop.init.mime,
      epoch: this.#epoch,
      targetLagMs: 0,
    };
    const header = { epoch: this.#epoch, fragment: 0, keyframe: false, sourceTime: 0, sourceNow: 0 };
    socket.send(JSON.stringify(init));
    socket.send(encodeLive({ kind: 'init', ...header, bytes: this.#loop.init.bytes }));
    for (const frame of this.#backlog) socket.send(frame);
  }

  #emit(fragment: LoopFragment, n: number): void {
    const frame = encodeLive({
      kind: 'fragment',
      epoch: this.#epoch,
      fragment: n,
      keyframe: fragment.keyframe,
      sourceTime: fragment.mediaTime + fragment.duration,
      sourceNow: now() - this.#startedAt,
      bytes: this.poison ? new Uint8Array(500).fill(7) : fragment.bytes,
    });
    this.poison = false;
    if (this.skip-- > 0) return;
    this.#backlog = fragment.keyframe ? [frame] : [...this.#backlog, frame];
    for (const socket of this.sockets) socket.send(frame);
  }
}

/** The page's files, and the JSON answers of a node by path; it refuses to receive a stream that has none. */
async function respond(response: ServerResponse, path: string, resources: Resources): Promise<void> {
  const resource = resources[path];
  if (resource !== undefined) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(resource));
    return;
  }
  if (path.endsWith('/tickets')) {
    response.writeHead(409, { 'content-type': 'application/json' }).end(JSON.stringify({ error: 'limit' }));
    return;
  }
  const file = path === '/' ? 'index.html' : path.slice(1);
  const type = TYPES[extname(file)];
  const body = type === undefined ? null : await readFile(new URL(file, PAGES)).catch(() => null);
  if (type === undefined || body === null) response.writeHead(404).end();
  else response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY }).end(body);
}

/** Starts the server on a free port. */
export async function startRig(name: string, resources: Resources): Promise<PlayerRig> {
  const broadcast = new Broadcast(await loadSampleLoop(), name);
  const server = createServer((request, response) => {
    void respond(response, new URL(request.url ?? '/', 'http://127.0.0.1').pathname, resources);
  });
  const live = new WebSocketServer({ server, path: '/stream/sample/live', perMessageDeflate: false });
  live.on('connection', (socket) => {
    broadcast.sockets.add(socket);
    socket.on('close', () => broadcast.sockets.delete(socket));
    broadcast.open(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    skip: (count) => {
      broadcast.skip = count;
    },
    cut: () => {
      for (const socket of broadcast.sockets) socket.terminate();
    },
    restart: (newName) => broadcast.start(newName),
    poison: () => {
      broadcast.poison = true;
    },
    stop: async () => {
      broadcast.stop();
      live.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
