import type { Chunk, Manifest } from '../../../core/chunk.js';
import type { Contact } from '../../../core/machine.js';
import type { ClockReading, Keyframe } from '../../../core/message.js';
import type { StreamId, Time } from '../../../core/units.js';
import { encodedBytes as bytesOfAstral } from '../../../core/wire/codec.js';

/** All that is said in a delivery network of relays: where to go, what is wanted, the media. */
export type Message =
  | Load
  | { readonly type: 'route'; readonly stream: StreamId }
  /** Router to viewer: at each site the edge with the fewest viewers. */
  | { readonly type: 'routed'; readonly edges: readonly Contact[] }
  | Subscribe
  | Fetch
  | Carried;

/** What a carrier of the stream says to those who take it from there. */
export type Carried =
  | Accepted
  | { readonly type: 'refused' }
  | { readonly type: 'manifest'; readonly manifest: Manifest }
  | { readonly type: 'chunk'; readonly chunk: Chunk; readonly hops: number };

/** Edge to router, once a second: I am here and serve so many of so many. */
export interface Load {
  readonly type: 'load';
  readonly address: string;
  /** Which point of presence it stands in. */
  readonly site: number;
  readonly clients: number;
  readonly room: number;
}
/** To the next relay towards the publisher: push me the stream from now on. Repeated to keep it and to compare clocks. */
export interface Subscribe {
  readonly type: 'subscribe';
  readonly stream: StreamId;
  readonly stamp: Time;
  /** Epoch that the sender knows, -1 for none. */
  readonly epoch: number;
  /** The sender has just come: name it keyframes to start with. */
  readonly joining: boolean;
}
export interface Accepted {
  readonly type: 'accepted';
  readonly stream: StreamId;
  readonly stamp: Time;
  readonly source: ClockReading | null;
  readonly keyframes: readonly Keyframe[];
  /** Chunks from this number on are pushed. */
  readonly next: number;
}
/** Send again what you hold of `from <= seq < to`. */
export interface Fetch {
  readonly type: 'fetch';
  readonly stream: StreamId;
  readonly from: number;
  readonly to: number;
}

/** A frame's own bytes, and those of an id, a number or a time within it, as astral's wire format spends them. */
const FRAME = 2;
const ID = 33;
const NUMBER = 5;

/** Bytes of the message as one frame; chunk and manifest weigh what they weigh in astral. */
export function encodedBytes(message: Message): number {
  switch (message.type) {
    case 'chunk':
      return bytesOfAstral({ type: 'chunk', mode: 'push', chunk: message.chunk, beatSeq: 0, depth: message.hops });
    case 'manifest':
      return bytesOfAstral(message);
    case 'load':
      return FRAME + message.address.length + 3 * NUMBER;
    case 'route':
      return FRAME + ID;
    case 'routed':
      return FRAME + message.edges.reduce((sum, { address }) => sum + ID + address.length, 1);
    case 'subscribe':
      return FRAME + ID + 2 * NUMBER;
    case 'accepted':
      return FRAME + ID + 4 * NUMBER + message.keyframes.length * 2 * NUMBER;
    case 'refused':
      return FRAME;
    case 'fetch':
      return FRAME + ID + 2 * NUMBER;
  }
}
