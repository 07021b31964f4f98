import { children } from './boxes.js';
import type { Box } from './boxes.js';

/** Bytes of the fixed part of a sample entry before its child boxes (ISO/IEC 14496-12, 12.1.3 and 12.2.3). */
const VISUAL_ENTRY = 78;
const AUDIO_ENTRY = 28;

/** The codec string (RFC 6381) of a sample entry; null if it is malformed or its name is not plain. */
export function codecOf(entry: Box): string | null {
  switch (entry.type) {
    case 'avc1':
    case 'avc3':
      return avcCodec(entry);
    case 'mp4a':
      return mp4aCodec(entry);
    case 'Opus':
      return 'opus';
    default:
      return /^[A-Za-z0-9]{4}$/.test(entry.type) ? entry.type : null;
  }
}

function childOf(entry: Box, fixed: number, type: string): Uint8Array | null {
  const inner = children(entry.bytes, entry.header + fixed);
  const box = inner.ok ? inner.value.find((child) => child.type === type) : undefined;
  return box === undefined ? null : box.bytes.subarray(box.header);
}

function avcCodec(entry: Box): string | null {
  const avcC = childOf(entry, VISUAL_ENTRY, 'avcC');
  if (avcC === null || avcC.length < 4) return null;
  return `${entry.type}.${[...avcC.subarray(1, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

function mp4aCodec(entry: Box): string | null {
  const esds = childOf(entry, AUDIO_ENTRY, 'esds');
  if (esds === null) return null;
  const config = decoderConfig(esds);
  if (config === null) return null;
  const objectType = `mp4a.${config.objectType.toString(16)}`;
  return config.audioObject === null ? objectType : `${objectType}.${config.audioObject}`;
}

/** Walks the descriptors of an `esds` body (ISO/IEC 14496-1, 7.2.6): ES (3), DecoderConfig (4), DecoderSpecificInfo (5). */
function decoderConfig(esds: Uint8Array): { objectType: number; audioObject: number | null } | null {
  const es = descriptor(esds, 4, 3);
  if (es === null || es.length < 3) return null;
  const flags = es[2] ?? 0;
  const optional =
    ((flags & 0x80) === 0 ? 0 : 2) + ((flags & 0x40) === 0 ? 0 : 1 + (es[3] ?? 0)) + ((flags & 0x20) === 0 ? 0 : 2);
  const config = descriptor(es, 3 + optional, 4);
  const objectType = config?.[0];
  if (config === null || objectType === undefined) return null;
  const specific = descriptor(config, 13, 5);
  if (specific === null || specific.length < 2) return { objectType, audioObject: null };
  const [first, second] = [specific[0] ?? 0, specific[1] ?? 0];
  const audioObject = first >> 3 === 31 ? 32 + (((first & 7) << 3) | (second >> 5)) : first >> 3;
  return { objectType, audioObject };
}

/** Body of the descriptor at `at` if it has this tag and fits; its length is a base-128 number of up to four bytes. */
function descriptor(bytes: Uint8Array, at: number, tag: number): Uint8Array | null {
  if (bytes[at] !== tag) return null;
  let length = 0;
  for (let i = 1; i <= 4; i += 1) {
    const byte = bytes[at + i];
    if (byte === undefined) return null;
    length = length * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) {
      const from = at + i + 1;
      return from + length <= bytes.length ? bytes.subarray(from, from + length) : null;
    }
  }
  return null;
}
