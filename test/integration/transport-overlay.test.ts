import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { astral, createRng, DEFAULTS, Directory, DIRECTORY_DEFAULTS, Host, type View } from '../../core/index.js';
import type { Chunk, Command, CommandResult, Message } from '../../core/index.js';
import {
  DirectoryPort,
  FRAME_ROUTE,
  NODE_HEADER,
  SystemClock,
  WebSocketTransport,
  WireNetwork,
} from '../../transports/index.js';
import { crypto, identityOf } from '../conformance/identities.js';

/** A directory machine behind a bare HTTP server. */
async function startDirectory(t: ExecutionContext): Promise<{ url: string; directory: Directory }> {
  const { id } = identityOf(200);
  const port = new DirectoryPort<Command>();
  const directory = new Directory(DIRECTORY_DEFAULTS, createRng('directory'), crypto);
  const host = new Host(id, directory, { clock: new SystemClock(), network: port });
  host.start();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const answer = port.handleFrame(Buffer.concat(parts), request.headers[NODE_HEADER]?.toString());
      if (request.url !== FRAME_ROUTE || !answer.ok) response.writeHead(400).end();
      else response.writeHead(200, { [NODE_HEADER]: id }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    host.stop();
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, directory };
}

interface LiveNode {
  readonly host: Host<Message, Command, View>;
  readonly played: Chunk[];
}

async function startNode(t: ExecutionContext, index: number, directory: string, uplink: number): Promise<LiveNode> {
  const identity = identityOf(index);
  const transport = new WebSocketTransport();
  const network = new WireNetwork({
    identity,
    crypto,
    incarnation: 1,
    transports: [transport],
    directories: [directory],
  });
  const endpoints = [await network.listen(transport)];
  const config = { ...DEFAULTS, uplink, endpoints, directory: [{ node: null, address: directory }] };
  const machine = astral.create(identity, config, createRng(`node ${index}`), crypto);
  const played: Chunk[] = [];
  const host = new Host(identity.id, machine, {
    clock: new SystemClock(),
    network,
    play: (chunk) => played.push(chunk),
  });
  host.start();
  t.teardown(() => host.stop());
  return { host, played };
}

async function until(holds: () => boolean, what: () => string): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 50) {
    if (holds()) return;
    await wait(50);
  }
  throw new Error(`it never came true: ${what()}`);
}

const BITRATE = 400_000;
const PAYLOAD = BITRATE / 8 / 10;

/** Publishes a fragment every 100 ms until the test ends; resolves to the stream's id. */
async function publish(t: ExecutionContext, { host }: LiveNode): Promise<string> {
  const { key, id: stream } = identityOf(201);
  const result = await new Promise<CommandResult>((resolve) =>
    host.command(
      {
        type: 'publish',
        key,
        name: 'test',
        description: '',
        mime: 'video/mp4',
        init: new Uint8Array(0),
        substreams: 4,
        chunkTime: 100_000,
        bitrate: BITRATE,
        epochFloor: 1,
      },
      resolve,
    ),
  );
  t.true(result.ok, JSON.stringify(result));
  let fragment = 0;
  const source = setInterval(() => {
    const payload = new Uint8Array(PAYLOAD).fill(fragment & 0xff);
    host.command({ type: 'media', stream, keyframe: fragment++ % 5 === 0, payload, size: PAYLOAD });
  }, 100);
  t.teardown(() => clearInterval(source));
  return stream;
}

test('nodes find each other through a directory, and a stream survives the crash of a relay', async (t) => {
  const { url, directory } = await startDirectory(t);
  const publisher = await startNode(t, 1, url, 3 * BITRATE);
  const stream = await publish(t, publisher);
  const viewers: LiveNode[] = [];
  for (let index = 2; index < 7; index++) {
    const viewer = await startNode(t, index, url, 6 * BITRATE);
    viewers.push(viewer);
    viewer.host.command({ type: 'watch', stream });
    await wait(300);
  }
  const state = (): string =>
    viewers
      .map(({ host, played }) => `${played.length} played, ${JSON.stringify(host.machine.view().streams[0]?.paths)}`)
      .join('\n');
  await until(() => viewers.every(({ played }) => played.length >= 20), state);
  t.is(directory.view().nodes.length, 6);
  const depths = viewers.map(({ host }) =>
    Math.max(...(host.machine.view().streams[0]?.paths ?? []).map(({ depth }) => depth)),
  );
  t.true(Math.max(...depths) >= 2, `somebody is fed by a viewer: ${depths.join(' ')}`);
  const relay = viewers.shift();
  relay?.host.stop();
  const before = viewers.map(({ played }) => played.length);
  await until(() => viewers.every(({ played }, index) => played.length >= (before[index] ?? 0) + 30), state);
  for (const { played } of viewers) {
    const seqs = played.map(({ seq }) => seq);
    t.true(
      seqs.every((seq, index) => index === 0 || seq > (seqs[index - 1] ?? 0)),
      'in order, once',
    );
    const span = (seqs.at(-1) ?? 0) - (seqs[0] ?? 0) + 1;
    t.true(seqs.length >= 0.9 * span, `${seqs.length} of ${span} chunks were played`);
    t.true(played.every(({ payload, seq }) => payload.length === PAYLOAD && payload[0] === (seq & 0xff)));
  }
});
