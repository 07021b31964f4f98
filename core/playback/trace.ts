import type { Chunk } from '../chunk.js';
import type { NodeContext } from '../context.js';
import type { Stream } from '../stream.js';
import type { Consumer } from '../tickets/consumer.js';
import type { PlayerSink } from './player.js';

/** Turns what a player does into effects and trace events. */
export class PlayerTrace implements PlayerSink {
  readonly #ctx: NodeContext;
  readonly #stream: Stream;
  readonly #consumer: Consumer;

  constructor(ctx: NodeContext, stream: Stream, consumer: Consumer) {
    this.#ctx = ctx;
    this.#stream = stream;
    this.#consumer = consumer;
  }

  played(chunk: Chunk): void {
    const { fx } = this.#ctx;
    fx.play(chunk);
    if (fx.trace === null) return;
    const stream = this.#stream;
    const sub = stream.dealing.subOf(chunk.seq);
    fx.trace({
      type: 'chunk',
      change: 'played',
      stream: stream.id,
      epoch: chunk.epoch,
      seq: chunk.seq,
      sub,
      peer: null,
      depth: stream.subs.depth(sub),
      size: chunk.size,
      keyframe: chunk.keyframe,
      sourceTime: chunk.sourceTime,
      why: 'due',
    });
  }

  missed(seq: number): void {
    const stream = this.#stream;
    this.#consumer.judge(stream, stream.dealing.subOf(seq), false);
    this.#ctx.fx.trace?.({
      type: 'chunk',
      change: 'missed',
      stream: stream.id,
      epoch: stream.epoch,
      seq,
      sub: stream.dealing.subOf(seq),
      peer: null,
      depth: 0,
      size: 0,
      keyframe: false,
      sourceTime: 0,
      why: 'absent',
    });
  }

  stall(change: 'begin' | 'end', missed: number): void {
    this.#ctx.fx.trace?.({ type: 'stall', change, stream: this.#stream.id, missed });
  }
}
