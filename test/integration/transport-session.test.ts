import { fc, testProp } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import type { Contact, Input } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import { Session } from '../../core/session/session.js';
import { OPEN_NETWORK } from '../../core/trust/statements.js';
import { Link, linkBounds } from '../../transports/link.js';
import type { Connection } from '../../transports/transport.js';
import { WebSocketTransport, WireNetwork } from '../../transports/index.js';
import { crypto, identityOf } from '../conformance/identities.js';
import { ContractNode, control, eventually, type NetworkWorld } from '../conformance/network-world.js';
import { webSocketWorld } from '../conformance/wire-worlds.js';

async function world(t: ExecutionContext): Promise<NetworkWorld> {
  const made = await webSocketWorld();
  t.teardown(() => made.end());
  return made;
}

/** A node of its own making, beside those of the world. */
async function start(
  t: ExecutionContext,
  index: number,
  options: { incarnation?: number; network?: string } = {},
): Promise<ContractNode> {
  const transport = new WebSocketTransport();
  const identity = identityOf(index);
  const network = new WireNetwork({ identity, crypto, incarnation: 1, transports: [transport], ...options });
  const address = await network.listen(transport);
  t.teardown(() => network.detach(identity.id));
  const add = () => Promise.resolve({ id: identity.id, contact: { node: identity.id, address }, network });
  return ContractNode.start({ ...(await webSocketWorld()), add }, index);
}

/** A hostile peer: a real session, and then any bytes. */
async function intrude(t: ExecutionContext, contact: Contact, index: number): Promise<{ link: Link; ends: string[] }> {
  const connection = await new Promise<Connection>((resolve, reject) => {
    new WebSocketTransport().dial(contact.address, (result) =>
      result.ok ? resolve(result.connection) : reject(new Error(result.detail)),
    );
  });
  const ends: string[] = [];
  return new Promise((resolve) => {
    const session = new Session({
      side: 'dialler',
      crypto,
      key: identityOf(index).key,
      network: OPEN_NETWORK,
      incarnation: 1,
      endpoints: [],
      nonce: globalThis.crypto.getRandomValues(new Uint8Array(32)),
      expected: contact.node,
    });
    const link = new Link(
      connection,
      session,
      {
        admit: () => true,
        established: () => resolve({ link, ends }),
        message: () => undefined,
        flow: () => undefined,
        drained: () => undefined,
        ended: (_link, code, _detail, local) => ends.push(`${local ? 'we' : 'they'} ${code}`),
      },
      () => performance.now(),
      linkBounds(Infinity),
    );
    t.teardown(() => link.destroy());
  });
}

test('only the node that was meant is taken, and only of the same network', async (t) => {
  const a = await start(t, 1);
  const b = await start(t, 2);
  const other = await start(t, 3, { network: 'another' });
  const wrong: Contact = { node: identityOf(9).id, address: b.contact.address };
  const self: Contact = { node: null, address: a.contact.address };
  a.connect(wrong);
  a.connect(other.contact);
  a.connect(self);
  a.connect(a.contact);
  await eventually(await world(t), () => a.dials.length === 4);
  for (const { outcome } of a.dials) t.deepEqual(outcome, { ok: false, why: 'identity' });
  t.is(a.inputs.length, 4);
  t.deepEqual([b.inputs, other.inputs], [[], []]);
});

test('an unknown message is skipped; what cannot be read ends the connection', async (t) => {
  const waiting = await world(t);
  const victim = await start(t, 1);
  const garbage: readonly [number, string, Uint8Array][] = [
    [10, 'cut off', Uint8Array.of(1)],
    [11, 'another version', Uint8Array.of(9, 1, 0)],
    [12, 'a broken body', Uint8Array.of(1, 1, 255, 255, 255, 255)],
  ];
  for (const [index, title, bytes] of garbage) {
    const { link, ends } = await intrude(t, victim.contact, index);
    link.send('control', Uint8Array.of(1, 250, 1, 2, 3));
    link.send('media', Uint8Array.of(1, 251));
    link.send('control', bytes);
    await eventually(waiting, () => ends.length > 0);
    t.deepEqual(ends, ['they protocol'], title);
    t.deepEqual(victim.changes(identityOf(index).id), ['up accepted', 'down protocol'], title);
  }
});

test('a restarted peer takes the place of its former self, and the former self no place at all', async (t) => {
  const waiting = await world(t);
  const a = await start(t, 1);
  const first = await start(t, 2, { incarnation: 5 });
  first.connect(a.contact);
  await eventually(waiting, () => a.changes(first.id).length === 1);
  const second = await start(t, 2, { incarnation: 6 });
  second.connect(a.contact);
  await eventually(waiting, () => a.changes(second.id).length === 3);
  t.deepEqual(a.changes(second.id), ['up accepted', 'down replaced', 'up accepted']);
  await eventually(waiting, () => first.changes(a.id).length === 2);
  t.deepEqual(first.changes(a.id), ['up dialled', 'down duplicate']);
  first.connect(a.contact);
  await eventually(waiting, () => first.dials.length + first.changes(a.id).length > 2);
  await waiting.advance(200);
  second.send(a.id, control(1));
  await eventually(waiting, () => a.received(second.id).length === 1);
  t.is(a.changes(second.id).length, 3, 'the former self is turned away');
});

testProp(
  'whatever address a peer names, dialling it fails and never throws',
  [
    fc
      .tuple(
        fc.constantFrom('', 'ws://127.0.0.1:9', 'ws:127.0.0.1:9/', 'wss://[::1]:9', 'http://127.0.0.1:9'),
        fc.string(),
      )
      .map((parts) => parts.join('')),
  ],
  async (t, address) => {
    const { network, inputs } = alone(1);
    network.connect(identityOf(1).id, { node: null, address });
    network.detach(identityOf(1).id);
    await Promise.resolve();
    t.true(inputs.every((input) => input.type === 'dial' && !input.outcome.ok));
  },
);

/** A node that listens nowhere. */
function alone(index: number): { network: WireNetwork; inputs: Input<Message, Command>[] } {
  const identity = identityOf(index);
  const network = new WireNetwork({ identity, crypto, incarnation: 1, transports: [new WebSocketTransport()] });
  const inputs: Input<Message, Command>[] = [];
  network.attach(identity.id, (input) => inputs.push(input));
  return { network, inputs };
}
