import type { BroadcastState } from './broadcast.js';

export const STATE_WORDS: Readonly<Record<BroadcastState | 'idle', string>> = {
  idle: 'Nothing is sent',
  preparing: 'Starting',
  live: 'Live: everybody can watch',
  bridging: 'The node does not answer; trying again',
  failed: 'Ended',
  stopped: 'Ended',
};

/** `1:02:03`, or `2:03` within the first hour. */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  const two = (n: number): string => String(n).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  const rest = two(seconds % 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}

export function rate(bitsPerSecond: number | null): string {
  if (bitsPerSecond === null) return '–';
  return bitsPerSecond < 995_000
    ? `${Math.round(bitsPerSecond / 1_000)} kbit/s`
    : `${(bitsPerSecond / 1e6).toFixed(2)} Mbit/s`;
}

export function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1_000)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** What to tell when the person or the browser did not give a picture. */
export function captureProblem(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError') return 'The browser was not allowed to take the picture. Allow it and try again.';
  if (name === 'NotFoundError') return 'There is no camera or no microphone here.';
  if (name === 'NotReadableError') return 'Another program uses the camera. Close it and try again.';
  return `The picture could not be taken: ${error instanceof Error ? error.message : String(error)}`;
}

/** The line that pushes a test picture with ffmpeg. */
export function ffmpegLine(origin: string): string {
  return [
    'ffmpeg -re -f lavfi -i testsrc2=size=640x360:rate=30 -f lavfi -i sine=frequency=440',
    '  -c:v libx264 -preset veryfast -tune zerolatency -g 30 -pix_fmt yuv420p -b:v 800k -c:a aac',
    '  -movflags +cmaf+empty_moov+default_base_moof -frag_duration 100000 -f mp4',
    `  -method PUT -headers 'Authorization: Bearer TOKEN' ${origin}/stream/test/media`,
  ].join(' \\\n');
}
