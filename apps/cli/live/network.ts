import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child } from './child.js';
import { ephemeralFolder } from './folder.js';

/** Uplink that every node of the network lends: some two copies of the sample, so that viewers must feed each other. */
const UPLINK = '800kbit';
/** Programs that start at the same time. */
const AT_ONCE = 3;
export const STREAM = 'Test picture';
export const SLUG = 'test-picture';

/** A node of the network. */
export interface LiveMember {
  readonly name: string;
  readonly id: string;
  readonly pid: number;
  /** Folder of its identity and token. */
  readonly data: string;
  readonly controlUrl: string;
  /** Its own page with a one-time code, which opens the stream. */
  readonly pageUrl: string;
  readonly token: string;
}

/** A directory, a publisher and viewers as processes on this machine. */
export interface LiveNetwork {
  readonly webUrl: string;
  readonly publisher: LiveMember;
  readonly viewers: readonly LiveMember[];
  /** Names of the programs that have ended of their own accord. */
  readonly lost: ReadonlySet<string>;
  /** Viewers leave first, the directory last; everything temporary is removed. */
  stop(): Promise<void>;
}

export interface NetworkOptions {
  readonly viewers: number;
  /** Called when a program is ready. */
  readonly onStarted?: (name: string, url: string, ready: number, all: number) => void;
  /** Aborting stops the start. */
  readonly signal?: AbortSignal;
}

/** Starts the programs; nothing is left of them when this throws. */
export async function startNetwork(options: NetworkOptions): Promise<LiveNetwork> {
  const { signal, onStarted } = options;
  const folder = ephemeralFolder();
  const started: { readonly name: string; readonly child: Child }[] = [];
  const lost = new Set<string>();
  let stopping = false;
  const stop = async (): Promise<void> => {
    stopping = true;
    const groups = [started.slice(2), started.slice(1, 2), started.slice(0, 1)];
    for (const group of groups) await Promise.all(group.map(({ child }) => child.stop()));
    folder.remove();
  };
  const all = options.viewers + 2;
  const start = async (name: string, program: 'astralnode' | 'astral-web', args: readonly string[]): Promise<Child> => {
    const child = await startChild(program, args, program === 'astralnode' ? 'page' : 'directory');
    started.push({ name, child });
    void child.ended.then(() => (stopping ? null : lost.add(name)));
    signal?.throwIfAborted();
    onStarted?.(name, child.printed.get('page') ?? child.printed.get('directory') ?? '', started.length, all);
    return child;
  };
  try {
    const web = await start('directory', 'astral-web', ['--log-level', 'error']);
    const webUrl = web.printed.get('directory') ?? '';
    const node = async (name: string, args: readonly string[]): Promise<LiveMember> => {
      const data = join(folder.path, name);
      const common = ['-u', name, '--data', data, '--directory', webUrl, '--uplink', UPLINK, '--report'];
      const child = await start(name, 'astralnode', [...common, '--log-level', 'error', ...args]);
      return memberOf(name, data, child);
    };
    const publisher = await node('publisher', ['--sample', STREAM]);
    const names = Array.from({ length: options.viewers }, (_, index) => `viewer-${index + 1}`);
    const viewers = await inTurns(names, AT_ONCE, (name) => node(name, ['--watch', SLUG]));
    return { webUrl, publisher, viewers, lost, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function memberOf(name: string, data: string, { pid, printed }: Child): LiveMember {
  const token = readFileSync(join(data, 'token'), 'utf8').trim();
  const controlUrl = printed.get('control') ?? '';
  return { name, id: printed.get('node') ?? '', pid, data, controlUrl, pageUrl: printed.get('page') ?? '', token };
}

/** Maps in order, so many at a time. */
async function inTurns<T, R>(items: readonly T[], atOnce: number, map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await map(items[index] as T);
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, work));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return results;
}
