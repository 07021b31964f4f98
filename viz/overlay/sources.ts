import type { History } from './history.js';
import { parseLine } from './lines.js';
import type { LiveFeed } from './live.js';

/** What the program that serves the page has to show, as it answers `sources.json`; paths are of its own origin. */
export interface Sources {
  /** A recording. */
  readonly recorded: string | null;
  /** Server-sent events of views of the whole network. */
  readonly views: string | null;
  /** A node's WebSocket of its own events and views. */
  readonly events: string | null;
  /** The stream that the player beside the picture shows. */
  readonly player: { readonly live: string } | null;
  /** The node that serves the page, or stands behind it. */
  readonly you: string | null;
}

const NOTHING: Sources = { recorded: null, views: null, events: null, player: null, you: null };

/** Asks the program behind the page; nothing where there is none, null where it answers no stranger. */
export async function askSources(): Promise<Sources | null> {
  try {
    const response = await fetch('sources.json', { headers: { accept: 'application/json' } });
    if (response.status === 401 || response.status === 403) return null;
    return response.ok ? { ...NOTHING, ...((await response.json()) as Partial<Sources>) } : NOTHING;
  } catch {
    return NOTHING;
  }
}

/** Reads a recording, gzipped or plain, into the history. Resolves to the number of lines that it understood. */
export async function readRecording(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  history: History,
  progress: (lines: number) => void,
): Promise<number> {
  const text = (await inflated(bytes)).pipeThrough(new TextDecoderStream());
  const reader = text.getReader();
  let rest = '';
  let lines = 0;
  const take = (line: string): void => {
    const parsed = line === '' ? null : parseLine(line);
    if (parsed === null) return;
    history.add(parsed);
    lines++;
  };
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const parts = (rest + piece.value).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) take(line);
    progress(lines);
  }
  take(rest);
  return lines;
}

/** The bytes as they are, or inflated if they begin like gzip; a browser may have done it already. */
async function inflated(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const [probe, whole] = bytes.tee();
  const reader = probe.getReader();
  const { value } = await reader.read();
  // Settles only when both branches are done with, so nobody waits for it.
  void reader.cancel();
  const gzip = value !== undefined && value[0] === 0x1f && value[1] === 0x8b;
  return gzip ? whole.pipeThrough(new DecompressionStream('gzip')) : whole;
}

/** Follows a live network until the returned function is called; both sources may come and go. */
export function followLive(
  { views, events }: Pick<Sources, 'views' | 'events'>,
  feed: LiveFeed,
  now: () => number,
): () => void {
  const closers: (() => void)[] = [];
  if (views !== null) closers.push(followViews(views, feed, now));
  if (events !== null) closers.push(followEvents(events, feed, now));
  const timer = setInterval(() => feed.second(now()), 1000);
  closers.push(() => clearInterval(timer));
  return () => closers.forEach((close) => close());
}

const RETRY_MS = 2000;

/** The browser tries again by itself unless the answer was an error, such as that of a relay without its directory. */
function followViews(path: string, feed: LiveFeed, now: () => number): () => void {
  let timer = 0;
  let stream: EventSource | null = null;
  const open = (): void => {
    const source = new EventSource(path);
    stream = source;
    source.addEventListener('message', ({ data }: MessageEvent<string>) => feed.report(now(), jsonOf(data)));
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) timer = window.setTimeout(open, RETRY_MS);
    });
  };
  open();
  return () => {
    window.clearTimeout(timer);
    stream?.close();
  };
}

function followEvents(path: string, feed: LiveFeed, now: () => number): () => void {
  let ended = false;
  let socket: WebSocket | null = null;
  const open = (): void => {
    if (ended) return;
    socket = new WebSocket(new URL(path, location.href.replace(/^http/, 'ws')));
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const message = typeof data === 'string' ? jsonOf(data) : null;
      if (!feed.report(now(), message)) feed.event(now(), message);
    });
    socket.addEventListener('close', () => setTimeout(open, RETRY_MS));
  };
  open();
  return () => {
    ended = true;
    socket?.close();
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
