import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LIMITS } from '../../core/limits.js';
import type { DurableState, KeyPair } from '../../core/machine.js';
import { createCrypto, exportKey, generateKeyPair, importKey } from '../../transports/crypto.js';
import { newSecret } from './control/access.js';
import { claim, runs } from './claim.js';
import { StoreError, codeOf, ensurePrivateFolder, readPrivate, writePrivate } from './files.js';

const State = z.object({
  incarnation: z.int().min(0),
  epochs: z.record(z.string(), z.int().min(0)),
  contacts: z.array(z.object({ node: z.string().nullable(), address: z.string() })).max(LIMITS.contacts),
});

/** A key with the id that stands for it, so that a damaged file is not taken for another identity. */
const Key = z.object({ id: z.string(), seed: z.base64() });
const OwnStreams = z
  .array(
    z.object({
      ...Key.shape,
      name: z.string(),
      description: z.string(),
      media: z.enum(['sample', 'push']),
      paused: z.boolean().default(false),
    }),
  )
  .max(LIMITS.streams);

/** A stream that this node publishes, as it survives a restart. */
export interface OwnStream {
  readonly name: string;
  readonly description: string;
  /** The bundled sample, or what somebody pushes into this node. */
  readonly media: 'sample' | 'push';
  /** The publisher lets nothing out for now. */
  readonly paused: boolean;
  readonly key: KeyPair;
}

/**
 * What one node keeps on disk, for its owner's eyes only:
 *
 *     node.key      the private key that is its identity
 *     token         the secret that commands need
 *     state.json    incarnation, epochs, known peers
 *     streams.json  the streams it publishes, with their keys
 *     pid, url      the process that uses the folder, and where its control API is
 *
 * A file that cannot be understood is never replaced: opening refuses, so that no identity is lost by accident.
 */
export class Store {
  readonly folder: string;
  readonly key: KeyPair;
  readonly token: string;
  /** State of the run before; null on the first. */
  readonly durable: DurableState | null;
  #pending: DurableState | null = null;
  #failure: string | null = null;
  /** Streams that the disk has refused. */
  #unkept: readonly OwnStream[] | null = null;
  #streamsFailure: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  private constructor(folder: string, key: KeyPair, token: string, durable: DurableState | null) {
    this.folder = folder;
    this.key = key;
    this.token = token;
    this.durable = durable;
  }

  /** Opens the folder, making what is missing. Throws a `StoreError` that says what is wrong and how to mend it. */
  static open(folder: string): Store {
    ensurePrivateFolder(folder);
    claim(join(folder, 'pid'));
    dropDrafts(folder);
    const key = readKey(join(folder, 'node.key'));
    const token = readToken(join(folder, 'token'));
    const durable = readJson(join(folder, 'state.json'), State);
    const store = new Store(folder, key, token, durable);
    // The number of this run is spent before anybody hears of it, so that no crash can make two runs share it.
    store.#writeOrThrow({
      incarnation: (durable?.incarnation ?? 0) + 1,
      epochs: durable?.epochs ?? {},
      contacts: durable?.contacts ?? [],
    });
    return store;
  }

  /** Keeps the state; a burst of changes costs one write. A new epoch or incarnation is on disk when this returns. */
  save(state: DurableState): void {
    const urgent = this.#pending === null || JSON.stringify(state.epochs) !== JSON.stringify(this.#pending.epochs);
    this.#pending = state;
    if (urgent) this.#write(state);
    else this.#timer ??= setTimeout(() => this.#write(this.#pending ?? state), WRITE_EVERY_MS).unref();
  }

  /** Why the newest state or the streams are not on disk; null while they are. */
  get failure(): string | null {
    return this.#failure ?? this.#streamsFailure;
  }

  ownStreams(): OwnStream[] {
    const path = join(this.folder, 'streams.json');
    const kept = readJson(path, OwnStreams) ?? [];
    return kept.map(({ id, seed, ...stream }) => ({ ...stream, key: parseKey(path, { id, seed }) }));
  }

  /** Whether they are on disk when this returns; what is not is tried again whenever the state is kept, see `failure`. */
  keepStreams(streams: readonly OwnStream[]): boolean {
    const kept = streams.map(({ key, ...stream }) => ({ ...keyOf(key), ...stream }));
    try {
      writePrivate(join(this.folder, 'streams.json'), `${JSON.stringify(kept, null, 2)}\n`);
      this.#unkept = null;
      this.#streamsFailure = null;
    } catch (error) {
      this.#unkept = streams;
      this.#streamsFailure = `streams cannot be kept (${codeOf(error)})`;
    }
    return this.#unkept === null;
  }

  /** Tells the owner's tools where the control API is. */
  keepUrl(url: string): void {
    writePrivate(join(this.folder, 'url'), `${url}\n`);
  }

  /** Writes what waits and gives the folder free. */
  close(): void {
    if (this.#pending !== null && (this.#timer !== null || this.#unkept !== null)) this.#write(this.#pending);
    for (const name of ['url', 'pid']) rmSync(join(this.folder, name), { force: true });
  }

  /** A disk that fails does not end a node that serves others; see `failure`. */
  #write(state: DurableState): void {
    try {
      this.#writeOrThrow(state);
      this.#failure = null;
      if (this.#unkept !== null) this.keepStreams(this.#unkept);
    } catch (error) {
      this.#failure = `state cannot be kept (${codeOf(error)})`;
    }
  }

  #writeOrThrow(state: DurableState): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    writePrivate(join(this.folder, 'state.json'), `${JSON.stringify(state)}\n`);
  }
}

/** Removes what a process left behind that was killed while it wrote; one that lives may be about to claim the folder. */
function dropDrafts(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, file, pid] = /^(node\.key|token|state\.json|streams\.json|url|pid)\.(\d+)\.new/.exec(name) ?? [];
    if (file === undefined || (file === 'pid' && runs({ pid: Number(pid), started: null }))) continue;
    rmSync(join(folder, name), { force: true });
  }
}

const WRITE_EVERY_MS = 1_000;
const SEED_BYTES = 32;

function keyOf(key: KeyPair): z.infer<typeof Key> {
  return { id: createCrypto().idOf(key.publicKey), seed: Buffer.from(exportKey(key)).toString('base64') };
}

function parseKey(path: string, kept: z.infer<typeof Key>): KeyPair {
  const seed = Buffer.from(kept.seed, 'base64');
  const key = seed.length === SEED_BYTES ? importKey(seed) : null;
  if (key === null || createCrypto().idOf(key.publicKey) !== kept.id) throw damaged(path);
  return key;
}

function readKey(path: string): KeyPair {
  const kept = readJson(path, Key);
  if (kept !== null) return parseKey(path, kept);
  const key = generateKeyPair();
  writePrivate(path, `${JSON.stringify(keyOf(key))}\n`);
  return key;
}

function readToken(path: string): string {
  const kept = readPrivate(path)?.toString().trim();
  if (kept === undefined) {
    const token = newSecret();
    writePrivate(path, `${token}\n`);
    return token;
  }
  if (!/^[\x21-\x7e]{20,256}$/.test(kept))
    throw new StoreError(`${path}: holds no token; remove it and a new one is made`);
  return kept;
}

function readJson<T>(path: string, schema: z.ZodType<T>): T | null {
  const bytes = readPrivate(path);
  if (bytes === null) return null;
  try {
    return schema.parse(JSON.parse(bytes.toString()));
  } catch {
    throw damaged(path);
  }
}

function damaged(path: string): StoreError {
  return new StoreError(`${path}: is damaged; restore it from a backup, or move it away to begin without it`);
}
