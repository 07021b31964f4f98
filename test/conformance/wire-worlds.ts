import { setTimeout as wait } from 'node:timers/promises';
import type { Contact } from '../../core/machine.js';
import type { NodeId } from '../../core/units.js';
import { CertificateFiles } from '../../transports/certificate.js';
import { Loopback } from '../../transports/loopback.js';
import type { Connection, ConnectionEvents, DialResult, Listener, Transport } from '../../transports/transport.js';
import { WebSocketTransport } from '../../transports/websocket.js';
import { WireNetwork } from '../../transports/wire-network.js';
import type { NetworkWorld } from './network-world.js';
import { crypto, identityOf } from './identities.js';

export function loopbackWorld(): Promise<NetworkWorld> {
  const hub = new Loopback();
  return Promise.resolve(new WireWorld(() => hub, { node: identityOf(99).id, address: 'loop:99' }));
}

export function webSocketWorld(): Promise<NetworkWorld> {
  const nobody = { node: identityOf(99).id, address: 'ws://127.0.0.1:9' };
  return Promise.resolve(new WireWorld(() => new WebSocketTransport(), nobody));
}

/** The certificate is of an authority that nobody trusts, which is what a private network is allowed. */
export function tlsWorld(): Promise<NetworkWorld> {
  const certificate = new CertificateFiles('test/certificates/server.pem', 'test/certificates/server.key');
  const nobody = { node: identityOf(99).id, address: 'wss://127.0.0.1:9' };
  const transport = (): Transport => new WebSocketTransport({ certificate, tlsOnly: true, insecureLan: true });
  return Promise.resolve(new WireWorld(transport, nobody));
}

/** Live nodes in this process, in real time. */
class WireWorld implements NetworkWorld {
  readonly #transport: () => Transport;
  readonly #nobody: Contact;
  readonly #nodes = new Map<NodeId, { readonly network: WireNetwork; readonly transport: Stallable }>();

  constructor(transport: () => Transport, nobody: Contact) {
    this.#transport = transport;
    this.#nobody = nobody;
  }

  async add(index: number): Promise<{ id: NodeId; contact: Contact; network: WireNetwork }> {
    const identity = identityOf(index);
    const transport = new Stallable(this.#transport());
    const network = new WireNetwork({
      identity,
      crypto,
      incarnation: 1,
      transports: [transport],
    });
    this.#nodes.set(identity.id, { network, transport });
    return { id: identity.id, contact: { node: identity.id, address: await network.listen(transport) }, network };
  }

  nobody(): Promise<Contact> {
    return Promise.resolve(this.#nobody);
  }

  advance(milliseconds: number): Promise<void> {
    return wait(milliseconds);
  }

  stall(node: NodeId): void {
    this.#nodes.get(node)?.transport.stall();
  }

  resume(node: NodeId): void {
    this.#nodes.get(node)?.transport.resume();
  }

  end(): Promise<void> {
    for (const [id, { network }] of this.#nodes) network.detach(id);
    return Promise.resolve();
  }
}

/** Any transport, with a tap that keeps frames back: a program that is too busy to read. */
class Stallable implements Transport {
  readonly #inner: Transport;
  #kept: (() => void)[] | null = null;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  stall(): void {
    this.#kept = [];
  }

  resume(): void {
    const kept = this.#kept ?? [];
    this.#kept = null;
    for (const deliver of kept) deliver();
  }

  takes(address: string): boolean {
    return this.#inner.takes(address);
  }

  listen(accept: (connection: Connection) => void): Promise<Listener> {
    return this.#inner.listen((connection) => accept(this.#tap(connection)));
  }

  dial(address: string, done: (result: DialResult) => void): () => void {
    return this.#inner.dial(address, (result) =>
      done(result.ok ? { ok: true, connection: this.#tap(result.connection) } : result),
    );
  }

  #tap(connection: Connection): Connection {
    const open = connection.open.bind(connection);
    connection.open = (events: ConnectionEvents) =>
      open({
        frame: (bytes) => this.#pass(() => events.frame(bytes)),
        drain: () => events.drain(),
        close: (code, detail, local) => this.#pass(() => events.close(code, detail, local)),
      });
    return connection;
  }

  #pass(deliver: () => void): void {
    if (this.#kept === null) deliver();
    else this.#kept.push(deliver);
  }
}
