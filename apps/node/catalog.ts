import { z } from 'zod';
import { LIMITS } from '../../core/limits.js';

/** A stream that a directory knows. */
export interface ListedStream {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Node id of the publisher; null while it is not known. */
  readonly source: string | null;
}

const TIMEOUT_MS = 3_000;
const MAX_BYTES = 1024 * 1024;
const MAX_STREAMS = 1_000;
/** How long a list is good enough; the pages ask every few seconds. */
const FRESH_MS = 2_000;

const text = z.string().max(LIMITS.stringBytes);
const Listing = z.object({
  streams: z
    .array(z.object({ id: text.min(1).max(LIMITS.idBytes), name: text, description: text, source: text.nullable() }))
    .max(MAX_STREAMS),
});

/** The streams that the directories list. A directory that fails or talks nonsense leaves the last good list in force. */
export class Catalog {
  readonly #lists: Map<string, readonly ListedStream[]>;
  #askedAt = -Infinity;
  #asking: Promise<void> | null = null;

  constructor(directories: readonly string[]) {
    this.#lists = new Map(directories.map((url) => [new URL('/streams', url).href, []]));
  }

  /** All streams listed, each once. */
  async streams(): Promise<ListedStream[]> {
    if (performance.now() - this.#askedAt > FRESH_MS) {
      this.#askedAt = performance.now();
      this.#asking = this.#ask();
    }
    await this.#asking;
    const byId = new Map<string, ListedStream>();
    for (const list of this.#lists.values())
      for (const stream of list) if (!byId.has(stream.id)) byId.set(stream.id, stream);
    return [...byId.values()];
  }

  async #ask(): Promise<void> {
    await Promise.all(
      [...this.#lists.keys()].map(async (url) => {
        const list = await fetchList(url);
        if (list !== null) this.#lists.set(url, list);
      }),
    );
  }
}

/** Null when no list came. Redirects are not followed: a directory must not make this node ask others. */
async function fetchList(url: string): Promise<readonly ListedStream[] | null> {
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status !== 200 || response.body === null) return null;
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of response.body) {
      bytes += piece.length;
      if (bytes > MAX_BYTES) return null;
      pieces.push(piece);
    }
    const parsed = Listing.safeParse(JSON.parse(Buffer.concat(pieces).toString()));
    return parsed.success ? parsed.data.streams : null;
  } catch {
    return null;
  }
}
