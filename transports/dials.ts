import type { DialOutcome, DialTarget } from '../core/machine.js';
import type { NodeId } from '../core/units.js';
import type { Link } from './link.js';
import type { CloseCode } from './transport.js';

/** Dials under way at one time. */
const MAX_DIALS = 64;
/** Contacts that wait for the same address. */
const MAX_CONTACTS = 8;

type FailedDial = Extract<DialOutcome, { ok: false }>['why'];

/** One address that is being dialled, or that answered and is shaking hands. */
export interface Dial {
  readonly address: string;
  readonly contacts: DialTarget[];
  cancel: () => void;
  link: Link | null;
}

/** The dials of one node, one an address. */
export class Dials {
  readonly #byAddress = new Map<string, Dial>();

  /** A new dial to begin, null when one that is under way takes the contact along, or 'busy'. */
  add(contact: DialTarget): Dial | null | 'busy' {
    const running = this.#byAddress.get(contact.address);
    if (running !== undefined) {
      if (running.contacts.some((other) => other.node === contact.node)) return null;
      if (running.contacts.length === MAX_CONTACTS) return 'busy';
      running.contacts.push(contact);
      return null;
    }
    if (this.#byAddress.size === MAX_DIALS) return 'busy';
    const dial: Dial = { address: contact.address, contacts: [contact], cancel: () => undefined, link: null };
    this.#byAddress.set(contact.address, dial);
    return dial;
  }

  remove(dial: Dial): void {
    this.#byAddress.delete(dial.address);
  }

  /** The dial that made the link; null for an accepted one. */
  takeFor(link: Link): Dial | null {
    for (const dial of this.#byAddress.values()) {
      if (dial.link !== link) continue;
      this.remove(dial);
      return dial;
    }
    return null;
  }

  cancelAll(): void {
    for (const dial of this.#byAddress.values()) dial.cancel();
    this.#byAddress.clear();
  }
}

/** The node that all contacts of the dial name, or null when one of them names none. */
export function expectedNode(dial: Dial): NodeId | null {
  const first = dial.contacts[0]?.node ?? null;
  return dial.contacts.every((contact) => contact.node === first) ? first : null;
}

/** What an end before the handshake was done means for the dial. */
export function dialFailure(code: CloseCode): FailedDial {
  if (code === 'identity' || code === 'busy' || code === 'timeout') return code;
  return code === 'idle' ? 'timeout' : 'refused';
}
