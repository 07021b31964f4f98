import { createFile, MP4BoxBuffer } from 'mp4box';
import { WebSocket } from 'ws';
import { decodeLive, LIVE_MAX_BINARY } from '../../../viz/player/live-protocol.js';
import { SLUG, type LiveMember } from './network.js';

/** What an independent reader of MP4 made of the bytes that a node played out. */
export interface Probe {
  readonly bytes: number;
  readonly fragments: number;
  /** Samples of picture and sound in them. */
  readonly samples: number;
  readonly codecs: readonly string[];
  /** Media time from the first sample to the last. */
  readonly seconds: number;
}

export type Probed = ({ readonly ok: true } & Probe) | { readonly ok: false; readonly why: string };

const PATIENCE_MS = 30_000;
/** Fragments of the sample follow each other every tenth of a second. */
const LEAP_SECONDS = 1;

/**
 * Watches a node's stream as its player does until so much of it has come, and has it read. The node itself passes on
 * only chunks that carry their publisher's signature; this finds out whether they make up media.
 */
export async function probePlayback(member: LiveMember, seconds: number, signal?: AbortSignal): Promise<Probed> {
  const url = new URL(`/stream/${SLUG}/live`, member.controlUrl.replace('http', 'ws'));
  const headers = { authorization: `Bearer ${member.token}` };
  const socket = new WebSocket(url, { headers, maxPayload: LIVE_MAX_BINARY });
  const pieces: Uint8Array[] = [];
  let from: number | null = null;
  const whole = new Promise<string | null>((resolve) => {
    const timer = setTimeout(() => resolve(`nothing more came within ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
    const done = (why: string | null): void => {
      clearTimeout(timer);
      resolve(why);
    };
    signal?.addEventListener('abort', () => done('interrupted'), { once: true });
    socket.on('error', (error) => done(error.message));
    socket.on('close', () => done('the node closed the connection'));
    socket.on('message', (data: Buffer, binary) => {
      const message = binary ? decodeLive(new Uint8Array(data)) : null;
      if (message === null) return;
      // A new epoch begins with an initialisation segment of its own.
      if (message.kind === 'init') pieces.length = 0;
      pieces.push(message.bytes);
      if (message.kind === 'init') from = null;
      else from ??= message.sourceTime;
      if (from !== null && message.sourceTime - from >= seconds * 1e6) done(null);
    });
  });
  const why = await whole;
  socket.terminate();
  return why === null ? readMedia(pieces) : { ok: false, why };
}

interface Moof {
  readonly type: string;
  readonly trafs: readonly {
    readonly tfhd: { readonly track_id: number };
    readonly tfdt: { readonly baseMediaDecodeTime: number };
    readonly truns: readonly { readonly sample_count: number }[];
  }[];
}

/** Reads an initialisation segment and the fragments behind it. */
export function readMedia([init, ...fragments]: readonly Uint8Array[]): Probed {
  const bytes = Buffer.concat([init ?? new Uint8Array(0), ...fragments]);
  const file = createFile();
  let broken = '';
  file.onError = (_module, message) => (broken = message);
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(bytes).buffer, 0));
  file.flush();
  const { tracks = [] } = file.moov === undefined ? {} : file.getInfo();
  const moofs = file.boxes.filter(({ type }) => type === 'moof') as unknown as Moof[];
  if (broken !== '') return { ok: false, why: `the media cannot be read: ${broken}` };
  if (tracks.length === 0) return { ok: false, why: 'the media names no track' };
  if (moofs.length !== fragments.length || moofs.length === 0)
    return { ok: false, why: `${fragments.length} fragments came and ${moofs.length} can be read` };
  const runs = moofs.flatMap(({ trafs }) => trafs);
  const samples = runs.reduce((sum, { truns }) => sum + truns.reduce((all, each) => all + each.sample_count, 0), 0);
  const [leading] = tracks;
  const times = runs
    .filter(({ tfhd }) => tfhd.track_id === leading?.id)
    .map(({ tfdt }) => tfdt.baseMediaDecodeTime / (leading?.timescale ?? 1));
  if (samples === 0) return { ok: false, why: 'the fragments hold no sample' };
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  if (steps.some((step) => step <= 0)) return { ok: false, why: 'the time of the media jumps back' };
  const leap = Math.max(0, ...steps);
  if (leap > LEAP_SECONDS) return { ok: false, why: `the media leaps ahead by ${leap.toFixed(1)} s` };
  const seconds = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return {
    ok: true,
    bytes: bytes.length,
    fragments: moofs.length,
    samples,
    codecs: tracks.map(({ codec }) => codec),
    seconds,
  };
}
