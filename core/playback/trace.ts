import type { NodeContext } from '../context.js';
import type { Stream } from '../stream.js';
import type { PlayerSink } from './player.js';

/** What a player does becomes effects and trace events. */
export function tracePlayer(ctx: NodeContext, stream: Stream): PlayerSink {
  const { fx } = ctx;
  return {
    played(chunk) {
      fx.play(chunk);
      if (fx.trace === null) return;
      const { epoch, seq, size, keyframe, sourceTime } = chunk;
      const sub = stream.dealing.subOf(seq);
      const depth = stream.subs.depth(sub);
      fx.trace({
        type: 'chunk',
        change: 'played',
        stream: stream.id,
        epoch,
        seq,
        sub,
        peer: null,
        depth,
        size,
        keyframe,
        sourceTime,
        why: 'due',
      });
    },
    missed(seq) {
      if (fx.trace === null) return;
      const sub = stream.dealing.subOf(seq);
      const { id, epoch } = stream;
      fx.trace({
        type: 'chunk',
        change: 'missed',
        stream: id,
        epoch,
        seq,
        sub,
        peer: null,
        depth: 0,
        size: 0,
        keyframe: false,
        sourceTime: 0,
        why: 'absent',
      });
    },
    stall(change, missed) {
      fx.trace?.({ type: 'stall', change, stream: stream.id, missed });
    },
  };
}
