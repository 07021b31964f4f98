import type { Chunk, Manifest } from '../../../core/chunk.js';
import type { Contact } from '../../../core/machine.js';
import type { ClockReading, Keyframe } from '../../../core/message.js';
import type { NodeId, StreamId, Time } from '../../../core/units.js';
import { encodedBytes as bytesOfAstral } from '../../../core/wire/codec.js';
import type { BufferMap } from './buffer-map.js';

/** All that is said in the mesh, and to the tracker. */
export type Message =
  | Enter
  /** Tracker, or a node that has no room, to who looks for partners. */
  | { readonly type: 'members'; readonly members: readonly Contact[] }
  | Member
  | Propose
  | Accept
  | { readonly type: 'manifest'; readonly manifest: Manifest }
  | MapMessage
  /** To a partner: send these. */
  | { readonly type: 'request'; readonly epoch: number; readonly wanted: BufferMap }
  | { readonly type: 'chunk'; readonly chunk: Chunk; readonly hops: number };

/** Node to tracker: I am here, and would like to hear of others or not. */
export interface Enter {
  readonly type: 'enter';
  readonly stream: StreamId;
  readonly address: string;
  readonly looking: boolean;
}
/** Gossip: this node is there, or has gone. */
export interface Member {
  readonly type: 'member';
  readonly node: NodeId;
  readonly address: string;
  /** Rises with each message about the node. */
  readonly version: number;
  readonly gone: boolean;
  /** How many more nodes it may be passed on to. */
  readonly hops: number;
}
/** Be my partner. Repeated to compare clocks. */
export interface Propose {
  readonly type: 'propose';
  readonly stream: StreamId;
  readonly address: string;
  readonly stamp: Time;
  /** Epoch that the sender knows, -1 for none. */
  readonly epoch: number;
  /** Bits per second lent. */
  readonly uplink: number;
}
export interface Accept {
  readonly type: 'accept';
  readonly stamp: Time;
  readonly source: ClockReading | null;
  readonly uplink: number;
  /** Where a player may start. */
  readonly keyframes: readonly Keyframe[];
}
/** To each partner, several times a second: what I have. */
export interface MapMessage {
  readonly type: 'map';
  readonly epoch: number;
  readonly map: BufferMap;
  /** How long what waits for my uplink will take. */
  readonly backlog: Time;
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
    case 'enter':
      return FRAME + ID + message.address.length + 1;
    case 'members':
      return FRAME + message.members.reduce((sum, { address }) => sum + ID + address.length, 1);
    case 'member':
      return FRAME + ID + message.address.length + NUMBER + 2;
    case 'propose':
      return FRAME + ID + message.address.length + 3 * NUMBER;
    case 'accept':
      return FRAME + 4 * NUMBER + message.keyframes.length * 2 * NUMBER;
    case 'map':
      return FRAME + 3 * NUMBER + 1 + message.map.bits.length;
    case 'request':
      return FRAME + 2 * NUMBER + 1 + message.wanted.bits.length;
  }
}
