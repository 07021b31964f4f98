import type { Contact, Rng } from '../../../core/machine.js';
import type { TicketRow } from './database.js';

/** Ports that a system gives to those who do not care. */
const PORTS = { first: 32_768, count: 28_232 } as const;

/** A port of this machine behind which a port of the source is. */
export interface Tunnel {
  readonly port: number;
  readonly source: Contact;
  readonly sourcePort: number;
}

/** The tunnels of one node by the number of their ticket. */
export class Tunnels {
  /** Where the stream of this very node can be had. */
  readonly streamPort: number;
  readonly #rng: Rng;
  readonly #tunnels = new Map<number, Tunnel>();

  constructor(rng: Rng) {
    this.#rng = rng;
    this.streamPort = this.#freePort();
  }

  /** PB20: a tunnel of that number is taken for the right one, though it may lead to the source of a deleted ticket. */
  create(row: TicketRow, source: Contact, rows: readonly TicketRow[]): void {
    const { id, sourcePort } = row;
    const tunnel = this.#tunnels.get(id) ?? { port: this.#freePort(), source, sourcePort };
    this.#tunnels.set(id, tunnel);
    row.destinationPort = tunnel.port;
    // PB21: what has expired is closed when the next one is made, and only for new connections.
    for (const other of this.#tunnels.keys()) if (!rows.some((each) => each.id === other)) this.#tunnels.delete(other);
  }

  at(port: number): Tunnel | null {
    return [...this.#tunnels.values()].find((tunnel) => tunnel.port === port) ?? null;
  }

  #freePort(): number {
    return PORTS.first + this.#rng.below(PORTS.count);
  }
}
