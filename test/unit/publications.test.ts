import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { Catalog } from '../../apps/node/catalog.js';
import { Store, type OwnStream } from '../../apps/node/store.js';
import { StreamControl } from '../../apps/node/stream-control.js';
import { DEFAULTS } from '../../core/config.js';
import { Host } from '../../core/host.js';
import type { Command, Message } from '../../core/message.js';
import { AstralNode } from '../../core/node.js';
import { createRng } from '../../core/rng.js';
import type { View } from '../../core/view.js';
import { generateKeyPair } from '../../transports/crypto.js';
import { Loopback, SystemClock, WireNetwork, createCrypto } from '../../transports/index.js';

interface Publisher {
  readonly streams: StreamControl;
  readonly store: Store;
  /** Ids of the streams that the machine publishes. */
  published(): string[];
  /** What was logged, a message each. */
  readonly told: string[];
}

/** A node without its control API, over this folder. */
function startPublisher(t: ExecutionContext, folder: string): Publisher {
  const store = Store.open(folder);
  const crypto = createCrypto();
  const identity = { id: crypto.idOf(store.key.publicKey), key: store.key, durable: store.durable };
  const machine = new AstralNode(identity, DEFAULTS, createRng('publisher'), crypto);
  const clock = new SystemClock();
  const network = new WireNetwork({ identity, crypto, incarnation: 1, transports: [new Loopback()] });
  const persist = store.save.bind(store);
  const host = new Host<Message, Command, View>(identity.id, machine, { clock, network, persist });
  const told: string[] = [];
  const log = pino({}, { write: (line) => void told.push((JSON.parse(line) as { msg: string }).msg) });
  const now = (): number => clock.now();
  const manifest = (): null => null;
  const catalog = new Catalog([]);
  const streams = new StreamControl({ host, store, log, catalog, now, manifest, targetLag: DEFAULTS.targetLag });
  host.start();
  t.teardown(() => {
    streams.close();
    host.stop();
    store.close();
  });
  return { streams, store, published: () => machine.view().streams.map(({ stream }) => stream), told };
}

function folderFor(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'astral-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function ownStream(name: string, media: OwnStream['media']): OwnStream {
  return { name, description: '', media, paused: false, key: generateKeyPair() };
}

/** The names and keys that the folder holds, as they stand there. */
function keptIn(folder: string): Map<string, string> {
  const kept = JSON.parse(readFileSync(join(folder, 'streams.json'), 'utf8')) as { name: string; seed: string }[];
  return new Map(kept.map(({ name, seed }) => [name, seed]));
}

test('what is asked for while streams are resumed loses no key of an earlier run', async (t) => {
  const folder = folderFor(t);
  const before = ['Sample', 'cam', 'cam2'].map((name, i) => ownStream(name, i === 0 ? 'sample' : 'push'));
  const node = startPublisher(t, folder);
  node.store.keepStreams(before);
  const keys = keptIn(folder);
  node.streams.restore();
  const resumed = node.streams.resume();
  const [created, again] = await Promise.all([node.streams.createPush('new', ''), node.streams.createPush('cam2', '')]);
  await resumed;
  t.true(created.ok && again.ok);
  const after = keptIn(folder);
  t.deepEqual([...after.keys()], ['Sample', 'cam', 'cam2', 'new']);
  for (const [name, seed] of keys) t.is(after.get(name), seed, name);
});

test('the sample plays into a stream once, however many ask for it at a time', async (t) => {
  const node = startPublisher(t, folderFor(t));
  const all = await Promise.all([1, 2, 3].map(() => node.streams.publishSample('Sample', '')));
  all.push(await node.streams.publishSample('Sample', ''));
  t.is(new Set(all.map((created) => (created.ok ? created.stream.id : created.why))).size, 1);
  t.is(node.told.filter((message) => message === 'publishing').length, 1);
  t.true((await node.streams.createPush('cam', '')).ok);
  t.true((await node.streams.publishSample('cam', '')).ok, 'one for an encoder is left as it is');
  t.is(node.published().length, 1);
});

test('a stream that is removed while its sample loads is not published', async (t) => {
  const folder = folderFor(t);
  const node = startPublisher(t, folder);
  const created = node.streams.publishSample('Sample', '');
  const [known] = node.streams.known();
  t.deepEqual(await node.streams.remove(known?.id ?? ''), { ok: true });
  t.deepEqual(await created, { ok: false, why: 'failed' });
  t.deepEqual(node.published(), []);
  t.deepEqual(node.streams.known(), []);
  t.is(keptIn(folder).size, 0);
});

test('the key of a stream of an earlier run outlives a node that ends while it starts', async (t) => {
  const folder = folderFor(t);
  const node = startPublisher(t, folder);
  node.store.keepStreams([ownStream('Sample', 'sample')]);
  const keys = keptIn(folder);
  node.streams.restore();
  const starting = node.streams.publishSample('Sample', '');
  node.streams.close();
  t.false((await starting).ok);
  t.deepEqual(keptIn(folder), keys);
});

test('a kept stream that cannot be published is told and left out, and the others go on', async (t) => {
  const node = startPublisher(t, folderFor(t));
  node.store.keepStreams([ownStream('x'.repeat(300), 'sample'), ownStream('Sample', 'sample')]);
  node.streams.restore();
  await node.streams.resume();
  t.is(node.published().length, 1);
  t.deepEqual(node.told, ['publishing failed', 'publishing']);
});

test('a disk that fails makes no stream whose key would be lost, and ends none that is there', async (t) => {
  const folder = folderFor(t);
  const node = startPublisher(t, folder);
  const one = await node.streams.createPush('one', '');
  const id = one.ok ? one.stream.id : '';
  // A folder in the way is what even root cannot write to.
  const way = join(folder, 'streams.json');
  rmSync(way);
  mkdirSync(way);
  t.deepEqual(await node.streams.createPush('two', ''), { ok: false, why: 'disk' });
  t.deepEqual(await node.streams.publishSample('three', ''), { ok: false, why: 'disk' });
  t.deepEqual(await node.streams.push('four', Readable.from([]), 0), { ok: false, why: 'disk' });
  t.deepEqual(
    node.streams.known().map(({ name }) => name),
    ['one'],
  );
  t.deepEqual(node.streams.pause(id, true), { ok: true });
  t.is(node.store.failure, 'streams cannot be kept (EISDIR)');
  rmdirSync(way);
  while (node.store.failure !== null) {
    node.store.save({ incarnation: 1, epochs: {}, contacts: [] });
    await wait(20);
  }
  t.deepEqual([...keptIn(folder).keys()], ['one'], 'what could not be kept is kept as soon as it can be');
  t.like(node.store.ownStreams(), [{ paused: true }]);
});
