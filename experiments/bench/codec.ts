import { ASTRAL } from '../protocols.js';
import type { Message } from '../../core/message.js';
import { createRng } from '../../core/rng.js';
import { SECOND } from '../../core/units.js';
import { decode, encode } from '../../core/wire/codec.js';
import { Run } from '../../sim/run.js';
import { loadScenario } from '../../sim/scenario.js';
import { readWorkload } from '../workloads.js';
import { startStopwatch } from './stopwatch.js';

/** Messages that are kept of a run: enough for all kinds, few enough for the cache. */
const SAMPLE = 512;
const RUN = { viewers: 20, seconds: 20 };

/** Messages a second through each of the ways, for the messages of a real run. */
export interface CodecCost {
  readonly control: Rates;
  readonly chunks: Rates;
}

interface Rates {
  readonly encode: number;
  readonly decode: number;
  readonly jsonEncode: number;
  readonly jsonDecode: number;
  /** Mean size of a frame, and of the same as JSON. */
  readonly bytes: number;
  readonly jsonBytes: number;
}

/** Speed of the wire format and of JSON with base64 for bytes; each way is tried for about `seconds`. */
export function measureCodec(seconds: number): CodecCost {
  const messages = recordMessages();
  const isChunk = ({ type }: Message): boolean => type === 'chunk';
  return {
    control: rates(messages.filter((message) => !isChunk(message)).slice(-SAMPLE), seconds),
    chunks: rates(messages.filter(isChunk).slice(-SAMPLE), seconds),
  };
}

/** What the nodes of a small run say, with media in place of the tokens that the simulator lets stand for it. */
function recordMessages(): Message[] {
  const loaded = loadScenario(readWorkload('w01'), {
    viewers: RUN.viewers,
    duration: `${RUN.seconds}s`,
    set: [['ramp', '5s'] as const],
  });
  if (!loaded.ok) throw new RangeError('the workload w01 is missing');
  const messages: Message[] = [];
  const encodedBytes = (message: Message): number => {
    messages.push(message);
    return ASTRAL.protocol.encodedBytes(message);
  };
  const options = { ...ASTRAL, protocol: { ...ASTRAL.protocol, encodedBytes }, seed: 1 };
  const run = new Run<Message>(loaded.scenario, options, createRng('codec'));
  run.world.run(RUN.seconds * SECOND);
  return messages.map(withMedia);
}

function withMedia(message: Message): Message {
  if (message.type !== 'chunk') return message;
  const payload = Uint8Array.from({ length: message.chunk.size }, (_, index) => (index * 31) & 0xff);
  return { ...message, chunk: { ...message.chunk, payload } };
}

function rates(messages: readonly Message[], seconds: number): Rates {
  const frames = messages.map(encode);
  const texts = messages.map(toJson);
  const mean = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  return {
    encode: rate(messages, seconds, encode),
    jsonEncode: rate(messages, seconds, toJson),
    decode: rate(frames, seconds, decode),
    jsonDecode: rate(texts, seconds, fromJson),
    bytes: mean(frames.map((frame) => frame.length)),
    jsonBytes: mean(texts.map((text) => text.length)),
  };
}

/** Calls a second, the items in turn, after a first quarter that only warms up. */
function rate<T>(items: readonly T[], seconds: number, work: (item: T) => unknown): number {
  const until = (end: number): number => {
    let calls = 0;
    for (; performance.now() < end; calls += items.length) for (const item of items) work(item);
    return calls;
  };
  until(performance.now() + seconds * 250);
  const stopwatch = startStopwatch();
  const calls = until(performance.now() + seconds * 750);
  return calls / stopwatch();
}

/** Bytes are base64 behind a mark, as is usual where JSON must carry them. */
const MARK = '\u0001';

/** A message as JSON text. */
export function toJson(message: Message): string {
  return JSON.stringify(message, (_key, value: unknown) =>
    value instanceof Uint8Array
      ? MARK + Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')
      : value,
  );
}

/** A message from its JSON text. */
export function fromJson(text: string): Message {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? new Uint8Array(Buffer.from(value.slice(1), 'base64')) : value,
  ) as Message;
}
