import type { Time } from '../core/units.js';
import { LINK, LINK_STRIDE, type Links } from './network-links.js';
import { Loss, jitter, nextLuck } from './network-luck.js';

/** The way between two access lines: delay, jitter, loss, and the order that a connection keeps. */
export class Transit {
  readonly #links: Links;
  readonly #loss: Loss;

  constructor(links: Links, lossRate: number) {
    this.#links = links;
    this.#loss = new Loss(lossRate);
  }

  /** When the last bit of a message that left at `departs` reaches the receiver's access line. */
  arrival(link: number, bytes: number, media: boolean, departs: Time, extra: Time): Time {
    const cells = this.#links.cells;
    const row = link * LINK_STRIDE;
    const luck = nextLuck(cells[row + LINK.luck] as number);
    cells[row + LINK.luck] = luck;
    const delay = (cells[row + LINK.base] as number) + (cells[row + LINK.spread] as number) * jitter(luck);
    let arrival = departs + extra + delay;
    if (!this.#loss.none) arrival = this.#suffer(link, bytes, departs, arrival);
    const lastOfClass = row + (media ? LINK.lastMedia : LINK.lastControl);
    if (arrival < (cells[lastOfClass] as number)) arrival = cells[lastOfClass] as number;
    cells[lastOfClass] = arrival;
    return arrival;
  }

  /** Arrival under loss: the cap on throughput, the delay of retransmissions, and what waits behind one. */
  #suffer(link: number, bytes: number, departs: Time, arrival: Time): Time {
    const cells = this.#links.cells;
    const row = link * LINK_STRIDE;
    const roundTrip = cells[row + LINK.roundTrip] as number;
    const begins = departs - bytes * (cells[row + LINK.upPerByte] as number);
    const pathFree = cells[row + LINK.pathFree] as number;
    const free = (pathFree > begins ? pathFree : begins) + bytes * this.#loss.perByte(roundTrip);
    cells[row + LINK.pathFree] = free;
    let result = free > departs ? arrival + (free - departs) : arrival;
    const hold = cells[row + LINK.hold] as number;
    if (hold > result && departs > (cells[row + LINK.holdFrom] as number)) result = hold;
    const delay = this.#loss.delay(bytes, roundTrip, cells[row + LINK.luck] as number);
    if (delay === 0) return result;
    result += delay;
    cells[row + LINK.holdFrom] = departs;
    cells[row + LINK.hold] = result;
    return result;
  }
}
