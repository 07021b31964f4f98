import { History } from './history.js';
import { Playback } from './playback.js';

/** Lines of a live network that can be rewound. */
const LIVE_LINES = 30_000;

/** One thing to look at: a recorded run or a live network, with the moment of it that is shown. */
export class Screening {
  readonly live: boolean;
  readonly history: History;
  readonly playback: Playback;

  constructor(live: boolean) {
    this.live = live;
    this.history = new History(live ? LIVE_LINES : Infinity);
    this.playback = new Playback(live);
  }
}
