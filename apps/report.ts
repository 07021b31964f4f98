import { z } from 'zod';
import { LIMITS } from '../core/limits.js';
import type { Crypto, KeyPair } from '../core/machine.js';
import { reporterOf, signReport } from '../core/trust/statements.js';
import type { View } from '../core/view.js';

/** Where a directory takes reports by POST, and shows the newest by GET. */
export const REPORT_ROUTE = '/views';
/** Bytes of one report as it is posted, and of the text in it. */
export const REPORT_BYTES = 96 * 1024;
const TEXT_BYTES = 64 * 1024;
const NAME_CHARACTERS = 64;

const id = z.string().min(1).max(LIMITS.idBytes);
const time = z.number().min(0);

/** What every reader of a view relies on; keys that only some protocols have pass as they are. */
const ReportedView = z.looseObject({
  node: id,
  role: z.enum(['ordinary', 'supernode']),
  uplink: z.looseObject({ capacity: z.number(), promised: z.number() }),
  peers: z.array(z.looseObject({ peer: id })).max(LIMITS.peersPublisher),
  streams: z
    .array(
      z.looseObject({
        stream: id,
        epoch: z.number(),
        publisher: z.boolean(),
        watching: z.boolean(),
        tickets: z.array(
          z.looseObject({ side: z.enum(['provider', 'consumer']), sub: z.int().min(0), peer: id, state: z.string() }),
        ),
        paths: z.array(z.looseObject({ sub: z.int().min(0), depth: z.number(), via: id.nullable() })),
      }),
    )
    .max(LIMITS.streams),
  timers: z.array(z.looseObject({ at: time, why: z.string() })),
});
const Text = z.strictObject({ at: time, name: z.string().max(NAME_CHARACTERS).optional(), view: ReportedView });
const base64 = z.base64().max(256);
const Sealed = z.strictObject({
  public_key: base64,
  seq: z.int().min(0),
  text: z.string().max(TEXT_BYTES),
  signature: base64,
});

/** One node's state as a directory shows it. `at` is the node's own clock, to which the times in the view refer. */
export type Report = { readonly node: string; readonly seq: number } & z.infer<typeof Text>;

/** The body that reports a view, null if the view is too large. Addresses are left out: who feeds whom is enough. */
export function sealReport(
  crypto: Crypto,
  key: KeyPair,
  seq: number,
  { at, name, view }: { readonly at: number; readonly name: string | null; readonly view: View },
): string | null {
  const peers = view.peers.map((peer) => ({ ...peer, address: null }));
  const text = JSON.stringify({ at, ...(name === null ? {} : { name }), view: { ...view, peers } });
  if (text.length > TEXT_BYTES) return null;
  const { publicKey, signature } = signReport(crypto, key, { seq, text: Buffer.from(text) });
  const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return JSON.stringify({ public_key: encode(publicKey), seq, text, signature: encode(signature) });
}

/** What a posted report says; null if it is malformed, or not signed by the node that it is about. */
export function openReport(crypto: Crypto, posted: unknown): Report | null {
  const sealed = Sealed.safeParse(posted);
  if (!sealed.success) return null;
  const { public_key, seq, text, signature } = sealed.data;
  const decode = (encoded: string): Uint8Array => new Uint8Array(Buffer.from(encoded, 'base64'));
  const report = { publicKey: decode(public_key), seq, text: Buffer.from(text), signature: decode(signature) };
  const node = reporterOf(crypto, report);
  const said = node === null ? null : Text.safeParse(parseJson(text));
  return node !== null && said?.success === true && said.data.view.node === node ? { node, seq, ...said.data } : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
