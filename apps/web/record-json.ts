import { z } from 'zod';
import { LIMITS } from '../../core/limits.js';
import { FARTHEST } from '../../core/membership/coordinate.js';
import type { NodeRecord } from '../../core/message.js';

const id = z.string().min(1).max(LIMITS.idBytes);
const whole = z.int().min(0);
const base64 = z.base64().max(128);
const axis = z.int().min(-FARTHEST).max(FARTHEST);
const place = z.strictObject({ x: axis, y: axis, height: whole.max(FARTHEST), error: whole.max(100) });

const Posted = z.strictObject({
  uuid: id,
  public_key: base64,
  endpoints: z.array(z.string().max(LIMITS.stringBytes)).max(LIMITS.endpoints),
  streams: z
    .array(
      z.strictObject({
        stream: id,
        free: whole.max(0xffff),
        interior: whole.max(0xffff_ffff),
        depth: whole.max(LIMITS.depth),
        at: place.nullable(),
      }),
    )
    .max(LIMITS.streams),
  seq: whole,
  ttl: whole,
  signature: base64,
});

/** A node's record from JSON; null for anything else. Whether it is signed is another question. */
export function readRecord(value: unknown): NodeRecord | null {
  const parsed = Posted.safeParse(value);
  if (!parsed.success) return null;
  const { uuid, public_key, signature, ...rest } = parsed.data;
  const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
  return { ...rest, node: uuid, publicKey: bytes(public_key), signature: bytes(signature) };
}

/** The JSON of a record, as `POST /nodes` takes it. Times in microseconds, bytes in base64. */
export function printRecord({ node, publicKey, signature, ...rest }: NodeRecord): z.input<typeof Posted> {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return {
    ...{ uuid: node, public_key: text(publicKey), signature: text(signature), seq: rest.seq, ttl: rest.ttl },
    endpoints: [...rest.endpoints],
    streams: rest.streams.map((load) => ({ ...load })),
  };
}
