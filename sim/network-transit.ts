import type { Time } from '../core/units.js';
import { LINK, LINK_STRIDE, type Links } from './network-links.js';
import { Loss, jitter, nextLuck } from './network-luck.js';

/** Media that a live connection has under way at most; what is more waits where control overtakes it. */
const WINDOW = 48 * 1024;

/** The way between two access lines: delay, jitter, loss, and the order that a connection keeps. */
export class Transit {
  readonly #links: Links;
  readonly #loss: Loss;
  readonly #rate: number;
  /** Loss that a single node suffers beside that of all, by its number. */
  readonly #own = new Map<number, number>();
  /** Made once for each rate. */
  readonly #models = new Map<number, Loss>();

  constructor(links: Links, lossRate: number) {
    this.#links = links;
    this.#rate = lossRate;
    this.#loss = new Loss(lossRate);
  }

  /** Adds loss to what one node sends and receives; 0 takes it away. */
  setLoss(node: number, rate: number): void {
    if (rate > 0) this.#own.set(node, rate);
    else this.#own.delete(node);
  }

  /** When the last bit of a message that left at `departs` reaches the receiver's access line. */
  arrival(link: number, bytes: number, media: boolean, departs: Time, extra: Time): Time {
    const cells = this.#links.cells;
    const row = link * LINK_STRIDE;
    const luck = nextLuck(cells[row + LINK.luck] as number);
    cells[row + LINK.luck] = luck;
    const delay = (cells[row + LINK.base] as number) + (cells[row + LINK.spread] as number) * jitter(luck);
    let arrival = departs + extra + delay;
    const loss = this.#own.size === 0 ? this.#loss : this.#lossBetween(row);
    if (!loss.none) arrival = this.#suffer(loss, link, bytes, media, departs, arrival);
    const lastOfClass = row + (media ? LINK.lastMedia : LINK.lastControl);
    if (arrival < (cells[lastOfClass] as number)) arrival = cells[lastOfClass] as number;
    cells[lastOfClass] = arrival;
    return arrival;
  }

  /**
   * Arrival under loss: the cap on throughput, the delay of retransmissions, and what waits behind one. Losses are mended
   * side by side, each counted from its own segment (RACK-TLP, RFC 8985), and handed on in order. Control waits for the
   * media in the window of the connection, and not for what is kept back behind it.
   */
  #suffer(loss: Loss, link: number, bytes: number, media: boolean, departs: Time, arrival: Time): Time {
    const cells = this.#links.cells;
    const row = link * LINK_STRIDE;
    const roundTrip = cells[row + LINK.roundTrip] as number;
    const perByte = loss.perByte(roundTrip);
    const begins = departs - bytes * (cells[row + LINK.upPerByte] as number);
    const pathFree = cells[row + LINK.pathFree] as number;
    const backlog = pathFree > begins ? pathFree - begins : 0;
    const ahead = media ? backlog : Math.min(backlog, WINDOW * perByte);
    const own = bytes * perByte;
    cells[row + LINK.pathFree] = begins + backlog + own;
    const free = begins + ahead + own;
    const delay = loss.delay(bytes, roundTrip, cells[row + LINK.luck] as number);
    const result = (free > departs ? arrival + (free - departs) : arrival) + delay;
    const hold = cells[row + LINK.hold] as number;
    const held = hold > result && departs > (cells[row + LINK.holdFrom] as number);
    if (delay === 0) return held ? hold : result;
    cells[row + LINK.holdFrom] = departs;
    if (held) return hold;
    if (result > hold) cells[row + LINK.hold] = result;
    return result;
  }

  #lossBetween(row: number): Loss {
    const from = this.#own.get(this.#links.cells[row + LINK.from] as number) ?? 0;
    const to = this.#own.get(this.#links.cells[row + LINK.to] as number) ?? 0;
    if (from === 0 && to === 0) return this.#loss;
    const rate = 1 - (1 - this.#rate) * (1 - from) * (1 - to);
    let model = this.#models.get(rate);
    if (model === undefined) this.#models.set(rate, (model = new Loss(rate)));
    return model;
  }
}
