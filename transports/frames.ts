/** Frames in one body: `(length u32 big-endian • frame)*`. */
const LENGTH_BYTES = 4;

export function joinFrames(frames: readonly Uint8Array[]): Uint8Array {
  const total = frames.reduce((sum, frame) => sum + LENGTH_BYTES + frame.length, 0);
  const body = new Uint8Array(total);
  const lengths = new DataView(body.buffer);
  let at = 0;
  for (const frame of frames) {
    lengths.setUint32(at, frame.length);
    body.set(frame, at + LENGTH_BYTES);
    at += LENGTH_BYTES + frame.length;
  }
  return body;
}

/** null when the lengths do not add up or a frame is empty. The frames are views of the body. */
export function splitFrames(body: Uint8Array): Uint8Array[] | null {
  const lengths = new DataView(body.buffer, body.byteOffset, body.length);
  const frames: Uint8Array[] = [];
  let at = 0;
  while (at < body.length) {
    if (body.length - at < LENGTH_BYTES) return null;
    const length = lengths.getUint32(at);
    at += LENGTH_BYTES;
    if (length === 0 || length > body.length - at) return null;
    frames.push(body.subarray(at, at + length));
    at += length;
  }
  return frames;
}
