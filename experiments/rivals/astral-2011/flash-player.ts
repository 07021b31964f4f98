import type { Chunk } from '../../../core/chunk.js';
import type { Effects } from '../../../core/machine.js';
import { Player, type PlayerSink } from '../../../core/playback/player.js';
import { NEVER, SECOND, type NodeId, type StreamId, type Time } from '../../../core/units.js';
import type { Carrier } from '../origin-edge/carrier.js';
import type { Accepted } from '../origin-edge/messages.js';
import type { Message } from './messages.js';
import type { Process } from './process.js';
import type { Tunnel } from './tunnels.js';

/** PB24: what the player does when its connection closes, and all it does: the same port again, this often. */
const RETRY: Time = 5 * SECOND;
const RETRIES = 3;

/** The player in the browser: connects to one port of its own machine and shows what comes out of it. */
export class FlashPlayer {
  readonly player: Player;
  /** When it tries again. */
  retryAt: Time = NEVER;
  readonly #process: Process;
  readonly #carrier: Carrier;
  #stream: StreamId = '';
  #port: number | null = null;
  #tunnel: Tunnel | null = null;
  #tries = 0;
  #opened = false;

  constructor(process: Process, carrier: Carrier, lag: Time) {
    this.#process = process;
    this.#carrier = carrier;
    this.player = new Player(carrier.window, carrier.clock, lag);
  }

  /** The node from which the stream comes, null while there is no connection. */
  get source(): NodeId | null {
    return this.#tunnel?.source.node ?? null;
  }

  play(stream: StreamId, port: number, connected: ReadonlySet<NodeId>): void {
    this.#stream = stream;
    this.#port = port;
    this.#connect(connected);
  }

  retry(connected: ReadonlySet<NodeId>): void {
    this.retryAt = NEVER;
    this.#connect(connected);
  }

  stop(): void {
    this.#port = null;
    this.#tunnel = null;
    this.retryAt = NEVER;
  }

  /** A connection stands: the tunnel's way to the source is open. */
  up(peer: NodeId): void {
    if (peer !== this.source || this.#opened) return;
    this.#opened = true;
    const { now, fx } = this.#process;
    const { epoch } = this.#carrier;
    const subscribe = { type: 'subscribe', stream: this.#stream, stamp: now, epoch, joining: false } as const;
    fx.send(peer, { type: 'open', port: this.#tunnel?.sourcePort ?? 0, subscribe });
  }

  /** The way is closed, or cannot be had. PB24: the ticket is not told, and no other one is sought. */
  closed(peer: NodeId): void {
    if (peer !== this.source) return;
    this.#tunnel = null;
    this.#lost();
  }

  accepted({ source, stamp, next }: Accepted): void {
    const { now } = this.#process;
    this.#tries = 0;
    if (source !== null) this.#carrier.clock.sample(now, source, now - stamp);
    if (this.#carrier.clock.known) this.player.start(now, [], next);
  }

  step(): void {
    this.player.step(this.#process.now, this.#sink(this.#process.fx));
  }

  #connect(connected: ReadonlySet<NodeId>): void {
    this.#opened = false;
    this.#tunnel = this.#port === null ? null : this.#process.tunnels.at(this.#port);
    const { source } = this;
    if (this.#tunnel === null || source === null) this.#lost();
    else if (connected.has(source)) this.up(source);
    else this.#process.fx.connect(this.#tunnel.source);
  }

  #lost(): void {
    if (this.#port === null || this.#tries >= RETRIES) return;
    this.#tries++;
    this.retryAt = this.#process.now + RETRY;
  }

  #sink(fx: Effects<Message>): PlayerSink {
    const carrier = this.#carrier;
    const stream = this.#stream;
    return {
      played(chunk: Chunk) {
        fx.play(chunk);
        carrier.trace(fx, 'played', chunk, null);
      },
      missed(seq) {
        const nothing = { sub: 0, peer: null, depth: 0, size: 0, keyframe: false, sourceTime: 0 } as const;
        fx.trace?.({ type: 'chunk', change: 'missed', stream, epoch: carrier.epoch, seq, ...nothing, why: 'absent' });
      },
      stall: (change, missed) => fx.trace?.({ type: 'stall', change, stream, missed }),
    };
  }
}
