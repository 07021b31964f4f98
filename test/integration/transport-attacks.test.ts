import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { LIMITS } from '../../core/limits.js';
import { ContractNode, control, eventually, media } from '../conformance/network-world.js';
import { frame, RawSocket, upgradeRequest } from '../conformance/raw-socket.js';
import { webSocketWorld } from '../conformance/wire-worlds.js';
import { SUBPROTOCOL } from '../../transports/websocket-settings.js';
import { WebSocketTransport } from '../../transports/websocket.js';

/** Lets `attack` loose on a node, then demands that the node still takes and serves an honest peer. */
async function survives(t: ExecutionContext, attack: (node: ContractNode) => Promise<void>): Promise<void> {
  const world = await webSocketWorld();
  try {
    const victim = await ContractNode.start(world, 0);
    await attack(victim);
    const honest = await ContractNode.start(world, 1);
    honest.connect(victim.contact);
    await eventually(world, () => honest.changes(victim.id).length === 1);
    honest.send(victim.id, control(1));
    await eventually(world, () => victim.received(honest.id).length === 1);
    t.deepEqual(
      victim.inputs.filter((input) => input.type === 'peer').length,
      1,
      'nobody but the honest peer ever came up',
    );
  } finally {
    await world.end();
  }
}

const one = Uint8Array.of(1);
const broken: readonly [title: string, status: number, bytes: readonly Uint8Array[]][] = [
  ['a frame one byte too long', 1009, [frame(new Uint8Array(LIMITS.pieceBytes + 1))]],
  ['a frame that claims 2^53 + 1 bytes', 1009, [frame(one, { length: 2n ** 53n + 1n })]],
  ['a frame that claims 2^63 bytes', 1009, [frame(one, { length: 2n ** 63n })]],
  ['a compressed frame', 1002, [frame(one, { rsv: 4 })]],
  ['an unmasked frame', 1002, [frame(one, { mask: false })]],
  ['an unknown opcode', 1002, [frame(one, { opcode: 3 })]],
  ['a control frame of 126 bytes', 1002, [frame(new Uint8Array(126), { opcode: 9 })]],
  ['one-byte fragments without end', 1008, fragments(one)],
  ['empty fragments without end', 1008, fragments(new Uint8Array(0))],
  ['a text message', 4002, [frame(Buffer.from('hello'), { opcode: 1 })]],
  ['ill-formed UTF-8', 1007, [frame(Uint8Array.of(0xff, 0xfe), { opcode: 1 })]],
  ['an empty message', 4002, [frame(new Uint8Array(0))]],
  ['garbage instead of a handshake', 4002, [frame(Uint8Array.of(1, 3, 9, 9, 9))]],
  ['media before the handshake', 4002, [frame(Uint8Array.of(3, 1, 9))]],
  ['an acknowledgement of what was never sent', 4002, [frame(Uint8Array.of(4, 0xff, 0xff, 0x7f))]],
  ['a flood of pings', 4002, Array.from({ length: 1000 }, () => frame(one, { opcode: 9 }))],
  ['a flood of pongs', 4002, Array.from({ length: 1000 }, () => frame(one, { opcode: 10 }))],
];

function fragments(payload: Uint8Array): Uint8Array[] {
  return Array.from({ length: 1000 }, (_, index) => frame(payload, { fin: false, opcode: index === 0 ? 2 : 0 }));
}

for (const [title, status, bytes] of broken) {
  test(`an accepted connection ends at ${title}`, (t) =>
    survives(t, async (victim) => {
      const { raw } = await RawSocket.upgrade(victim.contact.address);
      raw.write(...bytes);
      const ending = await raw.ending();
      t.is(ending.status, status);
      t.true(ending.afterMs < 4_000, `after ${ending.afterMs} ms`);
    }));
}

test('upgrades are refused to web pages, to strangers of the protocol and above the size of headers', (t) =>
  survives(t, async ({ contact }) => {
    const answers: readonly [string, RegExp][] = [
      ['Origin: https://example.org', / 403 /],
      ['Sec-WebSocket-Protocol: chat', / 400 /],
      [`X-Long: ${'x'.repeat(20_000)}`, / 431 /],
    ];
    for (const [header, answer] of answers) {
      const { raw, response } = await RawSocket.upgrade(contact.address, header);
      t.regex(response, answer);
      await raw.ending();
    }
    const offered = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits';
    const { raw, response } = await RawSocket.upgrade(contact.address, offered);
    t.regex(response, / 101 /);
    t.notRegex(response, /extensions/i);
    raw.socket.destroy();
    const page = await fetch(contact.address.replace('ws:', 'http:'));
    t.is(page.status, 426);
  }));

test('who never finishes a request, an upgrade or a handshake is cut', (t) =>
  survives(t, async ({ contact }) => {
    const silent = await RawSocket.open(contact.address);
    const slow = await RawSocket.open(contact.address);
    const drip = setInterval(() => slow.socket.write('G'), 500);
    const { raw: mute } = await RawSocket.upgrade(contact.address);
    const endings = await Promise.all([silent.ending(), slow.ending(), mute.ending()]);
    clearInterval(drip);
    for (const { afterMs } of endings) t.true(afterMs < 9_000, `${afterMs} ms`);
    t.deepEqual(
      endings.map(({ status }) => status),
      [null, null, 4001],
    );
  }));

test('one address cannot take all sockets', async (t) => {
  const transport = new WebSocketTransport({ maxSocketsPerAddress: 4 });
  const listener = await transport.listen((connection) => connection.close('leaving', ''));
  t.teardown(() => listener.close());
  const sockets = await Promise.all(Array.from({ length: 10 }, () => RawSocket.open(listener.address)));
  const open = (): number => sockets.filter(({ socket }) => !socket.closed).length;
  for (let waited = 0; open() > 4 && waited < 5_000; waited += 50) await wait(50);
  t.is(open(), 4);
  for (const { socket } of sockets) socket.destroy();
  await wait(300);
  const { raw, response } = await RawSocket.upgrade(listener.address);
  t.regex(response, / 101 /, 'there is room again');
  raw.socket.destroy();
});

/** A TCP server that does as it likes with each connection. */
async function badServer(t: ExecutionContext, serve: (socket: Socket) => void): Promise<{ address: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function acceptUpgrade(socket: Socket, then: () => void): void {
  socket.once('data', (request) => {
    const key = /sec-websocket-key: *(\S+)/i.exec(request.toString())?.[1] ?? '';
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
    );
    then();
  });
}

test('what a dialled server does wrong ends in a failed dial, and no redirect is followed', async (t) => {
  let followed = 0;
  const trap = await badServer(t, () => followed++);
  const servers = [
    await badServer(t, (socket) => socket.end(`HTTP/1.1 302 Found\r\nLocation: ${trap.address}/\r\n\r\n`)),
    await badServer(t, (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')),
    await badServer(t, (socket) => socket.destroy()),
    await badServer(t, (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')),
    await badServer(t, (socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`)),
    ...(await Promise.all(
      [fragments(one), [frame(one, { length: 2n ** 63n, mask: false })], [frame(one, { rsv: 4, mask: false })]].map(
        (bytes) => badServer(t, (socket) => acceptUpgrade(socket, () => socket.write(Buffer.concat(bytes)))),
      ),
    )),
    await badServer(t, (socket) => acceptUpgrade(socket, () => socket.write(frame(Uint8Array.of(9), { mask: false })))),
  ];
  const world = await webSocketWorld();
  t.teardown(() => world.end());
  const node = await ContractNode.start(world, 0);
  for (const { address } of servers) node.connect({ node: null, address });
  await eventually(world, () => node.dials.length === servers.length);
  t.true(node.dials.every(({ outcome }) => !outcome.ok));
  t.is(node.inputs.length, servers.length);
  t.is(followed, 0);
});

test('a peer that stops reading is dropped, and its siblings notice nothing', async (t) => {
  const world = await webSocketWorld();
  t.teardown(() => world.end());
  const [source, stuck, sibling] = [
    await ContractNode.start(world, 0),
    await ContractNode.start(world, 1),
    await ContractNode.start(world, 2),
  ];
  const proxied: Socket[] = [];
  t.teardown(() => proxied.forEach((socket) => socket.destroy()));
  const target = new URL(stuck.contact.address);
  const proxy = await badServer(t, (socket) => {
    const onward = socket.pipe(new (socket.constructor as new () => Socket)());
    proxied.push(socket, onward);
    onward.on('error', () => onward.destroy());
    onward.connect(Number(target.port), target.hostname);
    onward.pipe(socket);
  });
  source.connect({ node: stuck.id, address: proxy.address });
  source.connect(sibling.contact);
  await eventually(world, () => source.changes(stuck.id).length + source.changes(sibling.id).length === 2);
  for (const socket of proxied) socket.pause().unpipe();
  const began = performance.now();
  let sent = 0;
  let slowest = 0;
  while (!source.changes(stuck.id).some((change) => change.startsWith('down'))) {
    if (sent < 6) source.send(stuck.id, media(sent, 60_000));
    const at = performance.now();
    source.send(sibling.id, media(sent++, 20_000));
    await eventually(world, () => sibling.received(source.id).length === sent);
    slowest = Math.max(slowest, performance.now() - at);
    await wait(50);
  }
  const took = performance.now() - began;
  t.deepEqual(source.changes(stuck.id), ['up dialled', 'congested full', 'down flow']);
  t.true(took > 4_500 && took < 9_000, `dropped after ${took} ms`);
  t.true(slowest < 500, `a sibling waited ${slowest} ms`);
});

test('a request for an upgrade in small pieces is taken', async (t) => {
  await survives(t, async ({ contact }) => {
    const raw = await RawSocket.open(contact.address);
    for (const character of upgradeRequest('')) raw.socket.write(character);
    while (!raw.text.includes('\r\n\r\n')) await once(raw.socket, 'data');
    t.regex(raw.text, / 101 /);
    raw.socket.destroy();
  });
});
