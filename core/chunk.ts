import type { StreamId, Time } from './units.js';

/** What the publisher signs about a chunk; it travels verbatim as `Chunk.envelope`. */
export interface ChunkHeader {
  readonly stream: StreamId;
  /** Rises each time the publisher starts anew. */
  readonly epoch: number;
  /** Counts chunks from 0 within an epoch; the sub-stream follows from it (see `delivery/dealing`). */
  readonly seq: number;
  /** Media fragment this chunk is a slice of, counted from 0 within an epoch. */
  readonly fragment: number;
  /** Position of the slice, `0 <= part < parts`. */
  readonly part: number;
  readonly parts: number;
  /** Whether a decoder can start at this fragment. */
  readonly keyframe: boolean;
  /** The publisher's stream clock when the fragment was complete, microseconds since the epoch began. */
  readonly sourceTime: Time;
  /** Payload bytes on the wire. */
  readonly size: number;
  /** First 16 bytes of the hash of the payload. */
  readonly digest: Uint8Array;
}

/** A signed slice of media, at most `LIMITS.chunkBytes` of payload. Shared by reference, never changed. */
export interface Chunk extends ChunkHeader {
  /** The signed bytes that encode the header; relays forward them untouched. */
  readonly envelope: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  /** `size` bytes; in the simulator a short token may stand for them. */
  readonly payload: Uint8Array;
}

/** The publisher's signed description of one epoch of a stream. */
export interface Manifest {
  readonly stream: StreamId;
  readonly publicKey: Uint8Array;
  readonly epoch: number;
  readonly name: string;
  readonly description: string;
  /** MIME type with codecs, as a browser's MediaSource takes it. */
  readonly mime: string;
  /** K: sub-streams the chunks are dealt to, fixed for the life of the stream. */
  readonly substreams: number;
  /** Nominal time between chunks. */
  readonly chunkTime: Time;
  /** Nominal payload bits per second. */
  readonly bitrate: number;
  /** Container initialisation segment; may be empty. */
  readonly init: Uint8Array;
  readonly signature: Uint8Array;
}
