import { inChild } from './child-process.js';
import type { CodecCost } from './codec.js';
import { rowOf, type Row } from './row.js';

/** The wire format beside JSON, for control messages and for chunks of a real run, there and back; and how long the frames are. */
export async function codecRows(repetitions: number, seconds: number, signal?: AbortSignal): Promise<Row[]> {
  const costs: CodecCost[] = [];
  for (let turn = 0; turn < repetitions; turn++) costs.push((await inChild(['codec', seconds], signal)) as CodecCost);
  return (['control', 'chunks'] as const).flatMap((kind) => {
    const all = costs.map((cost) => cost[kind]);
    const speed = { unit: 'messages/s', better: 'more', referenceName: 'JSON with base64' } as const;
    return [
      rowOf(
        { ...speed, name: `codec/${kind}/encode` },
        all.map(({ encode, jsonEncode }) => ({ astral: encode, reference: jsonEncode })),
      ),
      rowOf(
        { ...speed, name: `codec/${kind}/decode` },
        all.map(({ decode, jsonDecode }) => ({ astral: decode, reference: jsonDecode })),
      ),
      rowOf(
        { ...speed, name: `codec/${kind}/size`, unit: 'bytes', better: 'less' },
        all.map(({ bytes, jsonBytes }) => ({ astral: bytes, reference: jsonBytes })),
      ),
    ];
  });
}
