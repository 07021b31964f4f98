import { createServer, type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { DialBack } from '../../apps/web/dial-back.js';
import { WebSocketTransport, WireNetwork } from '../../transports/index.js';
import { crypto, identityOf } from '../conformance/identities.js';

/** A port that takes connections and never says a word. */
async function silence(t: ExecutionContext): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => null).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A node that can be dialled at the address it gets. */
async function listen(t: ExecutionContext, index: number): Promise<{ node: string; endpoint: string }> {
  const identity = identityOf(index);
  const network = new WireNetwork({ identity, crypto, incarnation: 1, transports: [] });
  network.attach(identity.id, () => undefined);
  t.teardown(() => network.detach(identity.id));
  return { node: identity.id, endpoint: await network.listen(new WebSocketTransport({ host: '127.0.0.1' })) };
}

function start(t: ExecutionContext): DialBack {
  const dialBack = new DialBack(crypto);
  t.teardown(() => dialBack.close());
  return dialBack;
}

test('whoever has many silent addresses dialled keeps no node of another from being met', async (t) => {
  const dialBack = start(t);
  const silent = await silence(t);
  const { node, endpoint } = await listen(t, 1);
  for (let number = 1; number <= 100; number++)
    void dialBack.look(identityOf(100 + number).id, `${silent}/${number}`, '127.0.0.1');
  await dialBack.look(node, endpoint, '127.0.0.2');
  t.true(dialBack.hasMet(node, endpoint));
});

test('a node that there was no room to dial is looked at again', async (t) => {
  const dialBack = start(t);
  const silent = await silence(t);
  // So many may wait for one address that the last of them finds no room.
  for (let number = 1; number <= 8; number++) void dialBack.look(identityOf(100 + number).id, silent, '127.0.0.1');
  const { id } = identityOf(1);
  await dialBack.look(id, silent, '127.0.0.1');
  t.true(dialBack.isDue(id, silent));
});
