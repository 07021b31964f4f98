import type { Time } from '../core/units.js';
import type { AccessLinks } from './network-access.js';
import { LINK, type Links, MARK } from './network-links.js';
import { Loss, jitter, nextLuck } from './network-luck.js';

/** The way between two access lines: delay, jitter, loss, and the order that a connection keeps. */
export class Transit {
  readonly #links: Links;
  readonly #access: AccessLinks;
  readonly #loss: Loss;

  constructor(links: Links, access: AccessLinks, lossRate: number) {
    this.#links = links;
    this.#access = access;
    this.#loss = new Loss(lossRate);
  }

  /** When the last bit of a message that left at `departs` reaches the receiver's access line. */
  arrival(link: number, bytes: number, media: boolean, departs: Time, extra: Time): Time {
    const { numbers, marks } = this.#links;
    const row = link * 8;
    const luck = nextLuck(marks[row + MARK.luck] as number);
    marks[row + MARK.luck] = luck;
    const delay = (numbers[row + LINK.base] as number) + (numbers[row + LINK.spread] as number) * jitter(luck);
    let arrival = departs + extra + delay;
    if (!this.#loss.none) arrival = this.#suffer(link, bytes, departs, arrival);
    const lastOfClass = row + (media ? LINK.lastMedia : LINK.lastControl);
    if (arrival < (numbers[lastOfClass] as number)) arrival = numbers[lastOfClass] as number;
    numbers[lastOfClass] = arrival;
    return arrival;
  }

  /** Arrival under loss: the cap on throughput, the delay of retransmissions, and what waits behind one. */
  #suffer(link: number, bytes: number, departs: Time, arrival: Time): Time {
    const { numbers, marks } = this.#links;
    const row = link * 8;
    const back = (marks[row + MARK.reverse] as number) * 8;
    const roundTrip =
      (numbers[row + LINK.base] as number) +
      (numbers[row + LINK.spread] as number) +
      (numbers[back + LINK.base] as number) +
      (numbers[back + LINK.spread] as number);
    const begins = departs - this.#access.upTime(marks[row + MARK.from] as number, bytes);
    const pathFree = numbers[row + LINK.pathFree] as number;
    const free = (pathFree > begins ? pathFree : begins) + bytes * this.#loss.perByte(roundTrip);
    numbers[row + LINK.pathFree] = free;
    let result = free > departs ? arrival + (free - departs) : arrival;
    const hold = numbers[row + LINK.hold] as number;
    if (hold > result && departs > (numbers[row + LINK.holdFrom] as number)) result = hold;
    const delay = this.#loss.delay(bytes, roundTrip, marks[row + MARK.luck] as number);
    if (delay === 0) return result;
    result += delay;
    numbers[row + LINK.holdFrom] = departs;
    numbers[row + LINK.hold] = result;
    return result;
  }
}
