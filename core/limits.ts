/**
 * The one table of hard bounds: everything that can grow with what a peer sends or asks is capped here.
 * Tunable defaults live in `config.ts`; these are the ceilings that no configuration lifts.
 */
export const LIMITS = {
  /** Bytes of one wire message, of one of its pieces, of a chunk's payload, of a message that carries no chunk. */
  messageBytes: 256 * 1024,
  pieceBytes: 16 * 1024,
  chunkBytes: 64 * 1024,
  controlBytes: 16 * 1024,
  /** Elements of any list, bytes of any string. */
  listItems: 256,
  stringBytes: 256,
  idBytes: 64,
  /** Initialisation segment in a manifest. */
  initBytes: 8 * 1024,
  substreams: 32,
  depth: 16,
  streams: 16,
  peersOrdinary: 64,
  peersSupernode: 256,
  peersPublisher: 512,
  /** Remembered contacts, and those one referral may carry. */
  contacts: 64,
  referral: 16,
  endpoints: 4,
  /** Calls that a node passes on for one neighbour at once, and those that it follows at once. */
  calls: 8,
  /** Keyframes that one offer names. */
  keyframes: 32,
  /** Open offers a provider keeps per requester and sub-stream. */
  offersPerSubstream: 2,
  /** Chunks kept per stream: 30 s of 100 ms chunks and some parts of large fragments. */
  windowChunks: 512,
  /** Chunks one pull may name, and answers to pulls that wait for the uplink. */
  seqsPerPull: 32,
  repairQueue: 32,
  /** Chunk sends waiting for uplink tokens. */
  uplinkQueue: 1024,
  /** Children of a supernode, supernodes a node remembers, those one list names, those one gossips with. */
  children: 200,
  supernodes: 64,
  supernodeList: 8,
  gossipDegree: 8,
  /** Streams one gossip tells of, holders named for each, streams a supernode remembers from others. */
  gossipStreams: 16,
  gossipHolders: 2,
  knownStreams: 256,
  /** Records a directory keeps. */
  directoryRecords: 200_000,
  directorySupernodes: 10_000,
} as const;
