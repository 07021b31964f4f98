import type { Chunk } from '../../core/chunk.js';
import type { Effects } from '../../core/machine.js';
import type { PlayerSink } from '../../core/playback/player.js';
import type { ChunkChange, ChunkReason } from '../../core/trace.js';
import type { NodeId, StreamId } from '../../core/units.js';

/** What became of a chunk, as every trace tells it; `depth` as in `ChunkEvent`. Rivals deal to no sub-streams. */
export interface ChunkNews {
  readonly change: ChunkChange;
  readonly peer: NodeId | null;
  readonly depth: number;
  readonly why: ChunkReason;
}

export function tellOfChunk<M>(effects: Effects<M>, chunk: Chunk, news: ChunkNews): void {
  if (effects.trace === null) return;
  const { stream, epoch, seq, size, keyframe, sourceTime } = chunk;
  const { change, peer, depth, why } = news;
  effects.trace({ type: 'chunk', change, stream, epoch, seq, sub: 0, peer, depth, size, keyframe, sourceTime, why });
}

/** Turns what a player of one epoch does into effects and trace events. */
export function playerSink<M>(effects: Effects<M>, stream: StreamId, epoch: number, depth: number): PlayerSink {
  const nothing = { sub: 0, peer: null, depth: 0, size: 0, keyframe: false, sourceTime: 0, why: 'absent' } as const;
  return {
    played(chunk) {
      effects.play(chunk);
      tellOfChunk(effects, chunk, { change: 'played', peer: null, depth, why: 'due' });
    },
    missed: (seq) => effects.trace?.({ type: 'chunk', change: 'missed', stream, epoch, seq, ...nothing }),
    stall: (change, missed) => effects.trace?.({ type: 'stall', change, stream, missed }),
  };
}
