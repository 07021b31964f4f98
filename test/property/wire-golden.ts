import type { Chunk } from '../../core/chunk.js';
import type { Candidate, Message, MessageType, StreamLoad, SupernodeEntry } from '../../core/message.js';

interface Golden<T extends MessageType> {
  readonly message: Extract<Message, { type: T }>;
  /** The frame in hexadecimal; white space only helps the eye. */
  readonly frame: string;
}

/** `count` bytes that rise from `first`. */
function rising(first: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => first + index);
}

const NODE = 'aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq';
const KEY = rising(0x20, 32);
const SIGNATURE = rising(0x40, 64);
const AT = { x: -12, y: 34, height: 7, error: 20 };
const load: StreamLoad = { stream: 's1', free: 3, interior: 5, depth: 2, at: AT };
const candidates: Candidate[] = [
  { contact: { node: NODE, address: 'ws://a:1' }, load },
  { contact: { node: null, address: 'ws://ü:2' }, load: null },
];
const entry: SupernodeEntry = { contact: { node: 'n1', address: 'ws://a:1' }, room: 97, children: 3, age: 300 };
const chunk: Chunk = {
  stream: NODE,
  epoch: 1_700_000_000,
  seq: 300,
  fragment: 200,
  part: 1,
  parts: 3,
  keyframe: true,
  sourceTime: 30_000_000,
  size: 5,
  digest: rising(0x80, 16),
  envelope: Uint8Array.from(
    Buffer.from(
      '61734331ff000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f80e2cfaa06ac02c8010103018087a70e05808182838485868788898a8b8c8d8e8f',
      'hex',
    ),
  ),
  signature: SIGNATURE,
  payload: rising(1, 5),
};

/** One message of every kind and its frame; a line is only ever added, never changed. */
export const FRAMES: { readonly [T in MessageType]: Golden<T> } = {
  announce: {
    message: {
      type: 'announce',
      record: {
        node: NODE,
        publicKey: KEY,
        endpoints: ['ws://a:1'],
        streams: [load],
        seq: 7,
        ttl: 30_000_000,
        signature: SIGNATURE,
      },
    },
    frame: `
      0101ff000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c
      2d2e2f303132333435363738393a3b3c3d3e3f010877733a2f2f613a3101027331030502f51fa2200714078087a70e40414243444546
      4748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f70717273747576
      7778797a7b7c7d7e7f
    `,
  },
  announced: {
    message: { type: 'announced', seq: 7, refresh: 10_000_000 },
    frame: '01020780ade204',
  },
  find: {
    message: { type: 'find', stream: NODE, subs: 5, count: 8 },
    frame: '0103ff000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0508',
  },
  contacts: {
    message: { type: 'contacts', stream: 's1', candidates },
    frame: `
      010402733102ff000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0877733a2f2f613a31
      01027331030502f51fa2200714000977733a2f2fc3bc3a3200
    `,
  },
  unreached: { message: { type: 'unreached', seq: 300 }, frame: '0120ac02' },
  'reachable-at': { message: { type: 'reachable-at', address: '' }, frame: '012100' },
  'want-call': { message: { type: 'want-call', node: 'n1' }, frame: '0122026e31' },
  call: {
    message: { type: 'call', contact: { node: 'n1', address: 'ws://a:1' } },
    frame: '0123026e310877733a2f2f613a31',
  },
  seed: { message: { type: 'seed', stream: 's1' }, frame: '011f027331' },
  'want-manifest': {
    message: { type: 'want-manifest', stream: 's1' },
    frame: '0105027331',
  },
  manifest: {
    message: {
      type: 'manifest',
      manifest: {
        stream: 's1',
        publicKey: KEY,
        epoch: 2,
        name: 'n',
        description: '',
        mime: 'video/mp4',
        substreams: 4,
        chunkTime: 100_000,
        bitrate: 500_000,
        init: rising(9, 3),
        signature: SIGNATURE,
      },
    },
    frame: `
      0106027331202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f02016e0009766964656f2f
      6d703404a08d06a0c21e03090a0b404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f6061
      62636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f
    `,
  },
  ask: {
    message: { type: 'ask', stream: 's1', subs: 0b1011, slots: 6, interior: 1, slot: 'any', epoch: -1 },
    frame: '01070273310b06010100',
  },
  offer: {
    message: {
      type: 'offer',
      stream: 's1',
      sub: 3,
      ticket: 4_000_000_000,
      generation: 1,
      incarnation: 9,
      ttl: 2_000_000,
      beat: { epoch: 2, seq: -1, depth: 1 },
      source: { time: 5_000_000, error: 1_000 },
      keyframes: [{ seq: 30, sourceTime: 3_000_000 }],
      at: AT,
    },
    frame: '01080273310380d0acf30e010980897a02000101c096b102e807011ec08db701f51fa2200714',
  },
  refuse: {
    message: { type: 'refuse', stream: 's1', subs: 0, why: 'leaving', candidates: [] },
    frame: '0109027331000400',
  },
  confirm: {
    message: { type: 'confirm', ticket: 1, generation: 2, from: -1, stamp: 2 ** 53 - 1 },
    frame: '010a010200ffffffffffffff0f',
  },
  renew: {
    message: {
      type: 'renew',
      stamp: 128,
      tickets: [
        { ticket: 1, generation: 2 },
        { ticket: 3, generation: 4 },
      ],
      free: 2,
      interior: 8,
      at: AT,
    },
    frame: '010b800102010203040208f51fa2200714',
  },
  renewed: {
    message: {
      type: 'renewed',
      stamp: 128,
      tickets: [{ ticket: 1, generation: 2 }],
      stream: 's1',
      source: null,
      at: null,
    },
    frame: '010c80010101020273310000',
  },
  cancel: {
    message: { type: 'cancel', side: 'consumer', ticket: 1, generation: 2, why: 'cancelled', candidates: [] },
    frame: '010d0101021200',
  },
  tick: {
    message: {
      type: 'tick',
      stream: 's1',
      beats: [
        { sub: 0, starving: false, epoch: 2, seq: 300, depth: 1 },
        { sub: 31, starving: true, epoch: 2, seq: -1, depth: 2 },
      ],
    },
    frame: '010e027331020002ad02013f020002',
  },
  chunk: {
    message: { type: 'chunk', mode: 'pull', chunk, beatSeq: 304, depth: 2 },
    frame: `
      010f01b102024661734331ff000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f80e2cfaa
      06ac02c8010103018087a70e05808182838485868788898a8b8c8d8e8f404142434445464748494a4b4c4d4e4f505152
      535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f010203
      0405
    `,
  },
  pull: {
    message: { type: 'pull', stream: 's1', epoch: 2, seqs: [5, 300] },
    frame: '0110027331020205ac02',
  },
  lacking: {
    message: { type: 'lacking', stream: 's1', epoch: 2, seqs: [5] },
    frame: '0111027331020105',
  },
  leaving: {
    message: { type: 'leaving', stream: 's1', candidates: [] },
    frame: '011202733100',
  },
  enlist: {
    message: {
      type: 'enlist',
      record: {
        node: NODE,
        publicKey: KEY,
        address: 'ws://a:1',
        children: 3,
        room: 97,
        seq: 7,
        ttl: 30_000_000,
        signature: SIGNATURE,
      },
    },
    frame: `
      0113ff000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c
      2d2e2f303132333435363738393a3b3c3d3e3f0877733a2f2f613a310361078087a70e404142434445464748494a4b4c
      4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c
      7d7e7f
    `,
  },
  'want-supernodes': { message: { type: 'want-supernodes', stamp: 300 }, frame: '0114ac02' },
  supernodes: {
    message: { type: 'supernodes', stamp: 300, supernode: true, room: 97, entries: [entry] },
    frame: '0115ac02016101026e310877733a2f2f613a316103ac02',
  },
  register: { message: { type: 'register', stamp: 300, loads: [load] }, frame: '0116ac0201027331030502f51fa2200714' },
  registered: {
    message: { type: 'registered', stamp: 300, verdict: 'accepted', place: 4, entries: [entry] },
    frame: '0117ac02000501026e310877733a2f2f613a316103ac02',
  },
  deregister: { message: { type: 'deregister' }, frame: '0118' },
  gossip: {
    message: {
      type: 'gossip',
      room: 97,
      children: 3,
      entries: [entry],
      streams: [{ stream: 's1', age: 5, candidates }],
    },
    frame: `
      0119610301026e310877733a2f2f613a316103ac02010273310502ff000102030405060708090a0b0c0d0e0f10111213
      1415161718191a1b1c1d1e1f0877733a2f2f613a3101027331030502f51fa2200714000977733a2f2fc3bc3a3200
    `,
  },
  'ask-standby': { message: { type: 'ask-standby', stream: 's1', sub: 3, via: 'n1' }, frame: '011a02733103026e31' },
  standby: {
    message: { type: 'standby', stream: 's1', sub: 3, ticket: 1, generation: 2, incarnation: 300 },
    frame: '011b027331030102ac02',
  },
  'refuse-standby': { message: { type: 'refuse-standby', stream: 's1', sub: 3 }, frame: '011c02733103' },
  activate: {
    message: { type: 'activate', ticket: 1, generation: 2, from: 300, stamp: 128 },
    frame: '011d0102ad028001',
  },
  activated: {
    message: {
      type: 'activated',
      stream: 's1',
      ticket: 1,
      generation: 2,
      stamp: 128,
      beat: { epoch: 2, seq: 300, depth: 1 },
    },
    frame: '011e0273310102800102ad0201',
  },
};
