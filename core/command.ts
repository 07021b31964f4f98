import type { Settings } from './config.js';
import type { KeyPair } from './machine.js';
import type { NodeId, StreamId, TicketId, Time } from './units.js';

/** What the control API, the command line and the simulator ask of a node. */
export type Command =
  | {
      readonly type: 'publish';
      readonly key: KeyPair;
      readonly name: string;
      readonly description: string;
      readonly mime: string;
      readonly init: Uint8Array;
      readonly substreams: number;
      readonly chunkTime: Time;
      readonly bitrate: number;
      /** Floor of the new epoch: wall seconds in a live node, 0 in the simulator. */
      readonly epochFloor: number;
    }
  /** One media fragment of a stream this node publishes; cut into chunks, signed and pushed. */
  | {
      readonly type: 'media';
      readonly stream: StreamId;
      readonly keyframe: boolean;
      readonly payload: Uint8Array;
      /** Bytes to charge; `payload.length` unless a token stands for the media. */
      readonly size: number;
    }
  | { readonly type: 'watch'; readonly stream: StreamId }
  | { readonly type: 'unwatch'; readonly stream: StreamId }
  /** Ends the tickets that a consumer holds here on a stream, or one of them. It is told where else to go. */
  | { readonly type: 'revoke'; readonly stream: StreamId; readonly consumer: NodeId; readonly ticket: TicketId | null }
  /** Asks a connected node to receive a stream and pass it on. */
  | { readonly type: 'seed'; readonly stream: StreamId; readonly node: NodeId }
  /** Dials a node by its address. */
  | { readonly type: 'meet'; readonly address: string }
  /** Ends the connection with a node and remembers it no longer as a candidate. It may come back of its own accord. */
  | { readonly type: 'forget'; readonly node: NodeId }
  /** Other settings from now on; what was promised or timed by the old ones stays. */
  | { readonly type: 'configure'; readonly settings: Partial<Settings> }
  /** Graceful leave: hands the consumers over, then disconnects from everybody. */
  | { readonly type: 'leave' };
