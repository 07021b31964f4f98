import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Input } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import { encode } from '../../core/wire/codec.js';
import { DirectoryPort, FRAME_ROUTE, NODE_HEADER, WireNetwork } from '../../transports/index.js';
import { joinFrames } from '../../transports/frames.js';
import { crypto, identityOf } from '../conformance/identities.js';
import { control } from '../conformance/network-world.js';

type NodeInput = Input<Message, Command>;

const DIRECTORY = identityOf(200).id;
const SELF = identityOf(1).id;

async function serve(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function attach(t: ExecutionContext, ...directories: string[]): { network: WireNetwork; inputs: NodeInput[] } {
  const network = new WireNetwork({ identity: identityOf(1), crypto, incarnation: 1, transports: [], directories });
  const inputs: NodeInput[] = [];
  network.attach(SELF, (input) => inputs.push(input));
  t.teardown(() => network.detach(SELF));
  return { network, inputs };
}

async function count(inputs: readonly NodeInput[], wanted: number): Promise<void> {
  for (let waited = 0; inputs.length < wanted; waited += 10) {
    if (waited > 15_000) throw new Error(`only ${JSON.stringify(inputs)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A machine that answers each message with two, and one to somebody else. */
function echoPort(): DirectoryPort<Command> {
  const port = new DirectoryPort<Command>();
  port.attach(DIRECTORY, (input) => {
    if (input.type !== 'message' || input.message.type !== 'lacking') return;
    const { epoch } = input.message;
    for (const to of [input.from, 'somebody', input.from]) port.send(DIRECTORY, to, control(epoch * 2));
  });
  return port;
}

test('a directory is a peer: named when it answers, asked in order, and down when it is gone', async (t) => {
  const port = echoPort();
  let healthy = true;
  const url = await serve(t, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const answer = port.handleFrame(Buffer.concat(parts), request.headers[NODE_HEADER]?.toString());
      t.is(request.url, FRAME_ROUTE);
      t.is(request.headers[NODE_HEADER], SELF);
      response.writeHead(healthy && answer.ok ? 200 : 500, { [NODE_HEADER]: DIRECTORY });
      response.end(answer.ok ? answer.body : '');
    });
  });
  const { network, inputs } = attach(t, url);
  const contact = { node: null, address: `${url}/` };
  network.connect(SELF, contact);
  await count(inputs, 2);
  network.connect(SELF, contact);
  await count(inputs, 3);
  const named: NodeInput = { type: 'dial', contact, outcome: { ok: true, peer: DIRECTORY } };
  const up: NodeInput = { type: 'peer', peer: DIRECTORY, change: 'up', why: 'dialled', address: contact.address };
  t.deepEqual(inputs.splice(0), [named, up, named]);
  const other = { ...contact, node: identityOf(2).id };
  network.connect(SELF, other);
  await count(inputs, 1);
  t.deepEqual(inputs.splice(0), [{ type: 'dial', contact: other, outcome: { ok: false, why: 'identity' } }]);
  for (let number = 1; number <= 5; number++) network.send(SELF, DIRECTORY, control(number));
  await count(inputs, 10);
  const numbers = inputs.splice(0).map((input) => (input.type === 'message' ? input.message : null));
  t.deepEqual(
    numbers,
    [1, 1, 2, 2, 3, 3, 4, 4, 5, 5].map((number) => control(number * 2)),
  );
  t.is(port.unroutable, 5, 'nothing goes to whom is not asking');
  healthy = false;
  network.send(SELF, DIRECTORY, control(6));
  network.send(SELF, DIRECTORY, control(7));
  await count(inputs, 1);
  t.deepEqual(inputs, [{ type: 'peer', peer: DIRECTORY, change: 'down', why: 'reset' }]);
  network.send(SELF, DIRECTORY, control(8));
  t.is(network.counters.unroutable, 1);
});

test('whatever a false directory answers ends in a failed dial or a lost peer', async (t) => {
  let trapped = 0;
  const trap = await serve(t, (_request, response) => {
    trapped++;
    response.writeHead(200, { [NODE_HEADER]: DIRECTORY }).end();
  });
  const head = { [NODE_HEADER]: DIRECTORY };
  const answers: readonly [failure: string, listener: RequestListener][] = [
    ['refused', (_request, response) => response.writeHead(500).end('<html>')],
    ['refused', (_request, response) => response.writeHead(200).end('<html>')],
    ['refused', (_request, response) => response.writeHead(200, { [NODE_HEADER]: '<script>' }).end()],
    ['refused', (_request, response) => response.writeHead(200, head).end('<html>')],
    ['refused', (_request, response) => response.writeHead(200, head).end(Buffer.alloc(50_000_000))],
    ['unreachable', (_request, response) => response.writeHead(302, { location: trap + FRAME_ROUTE }).end()],
    ['unreachable', (_request, response) => response.writeHead(307, { location: trap + FRAME_ROUTE }).end()],
    ['unreachable', (request) => request.socket.destroy()],
    ['timeout', () => undefined],
    ['identity', (_request, response) => response.writeHead(200, { [NODE_HEADER]: 'another' }).end()],
  ];
  await Promise.all(
    answers.map(async ([failure, listener]) => {
      const address = await serve(t, listener);
      const { network, inputs } = attach(t, address);
      const contact = { node: failure === 'identity' ? DIRECTORY : null, address };
      network.connect(SELF, contact);
      await count(inputs, 1);
      t.deepEqual(inputs, [{ type: 'dial', contact, outcome: { ok: false, why: failure as 'refused' } }]);
    }),
  );
  t.is(trapped, 0, 'no redirect is followed');
  for (const body of [Buffer.from([1, 2, 3]), joinFrames([Uint8Array.of(1, 1, 9, 9)])]) {
    let requests = 0;
    const address = await serve(t, (_request, response) =>
      response.writeHead(200, head).end(requests++ === 0 ? undefined : body),
    );
    const { network, inputs } = attach(t, address);
    network.connect(SELF, { node: DIRECTORY, address });
    await count(inputs, 1);
    network.send(SELF, DIRECTORY, control(1));
    await count(inputs, 2);
    t.deepEqual(inputs[1], { type: 'peer', peer: DIRECTORY, change: 'down', why: 'protocol' });
  }
});

test('nothing is sent to an address that a peer calls a directory, and nobody is found there', async (t) => {
  let requests = 0;
  const victim = identityOf(2).id;
  const evil = await serve(t, (_request, response) => {
    requests++;
    response.writeHead(200, { [NODE_HEADER]: victim }).end();
  });
  const { network, inputs } = attach(t, 'http://127.0.0.1:9');
  const contacts = [victim, null].flatMap((node) =>
    [`${evil}/`, `${evil}/elsewhere`].map((address) => ({ node, address })),
  );
  for (const contact of contacts) network.connect(SELF, contact);
  await count(inputs, contacts.length);
  t.deepEqual(
    inputs,
    contacts.map((contact): NodeInput => ({ type: 'dial', contact, outcome: { ok: false, why: 'unreachable' } })),
  );
  network.send(SELF, victim, control(1));
  t.is(network.counters.unroutable, 1);
  t.is(requests, 0);
});

test('a directory port refuses what is no frame, and answers with nothing to a later version', (t) => {
  const port = echoPort();
  const frame = encode(control(1));
  t.deepEqual(port.handleFrame(frame, undefined), { ok: false, why: 'no-node' });
  t.deepEqual(port.handleFrame(frame, 'a b'), { ok: false, why: 'no-node' });
  t.deepEqual(port.handleFrame(frame.subarray(0, 5), SELF), { ok: false, why: 'malformed' });
  t.deepEqual(port.handleFrame(new Uint8Array(20_000), SELF), { ok: false, why: 'too-large' });
  t.deepEqual(port.handleFrame(Uint8Array.of(1, 250, 0), SELF), { ok: true, body: new Uint8Array(0) });
  t.deepEqual(port.handleFrame(new Uint8Array(0), SELF), { ok: true, body: new Uint8Array(0) });
  const reply = encode(control(2));
  t.deepEqual(port.handleFrame(frame, SELF), { ok: true, body: joinFrames([reply, reply]) });
  port.detach();
  t.deepEqual(port.handleFrame(frame, SELF), { ok: false, why: 'stopped' });
});
