import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { Manifest } from '../../core/chunk.js';
import { DEFAULTS, type Config, type Identity, validate } from '../../core/config.js';
import { Host } from '../../core/host.js';
import type { Crypto } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import { astral } from '../../core/astral.js';
import type { JournalHeader } from '../../core/journal/journal.js';
import { AstralNode } from '../../core/node.js';
import { createRng } from '../../core/rng.js';
import { MS } from '../../core/units.js';
import type { View } from '../../core/view.js';
import { createCrypto } from '../../transports/crypto.js';
import { JournalFile } from '../../transports/journal.js';
import { SystemClock } from '../../transports/system-clock.js';
import { WebSocketTransport } from '../../transports/websocket.js';
import { WireNetwork } from '../../transports/wire-network.js';
import { UsageError } from '../exit-codes.js';
import { VERSION } from '../version.js';
import { advertised, peerUrl } from './addresses.js';
import { Catalog } from './catalog.js';
import { Access } from './control/access.js';
import { createControlServer } from './control/server.js';
import { ControlledNode } from './controlled-node.js';
import { listenOn } from '../listen.js';
import { DEFAULT_PEER_PORT, DEFAULT_PORT, type NodeOptions } from './options.js';
import { startReporting } from './reporter.js';
import { Store } from './store.js';
import { StreamControl } from './stream-control.js';

/** A node that runs. */
export interface LiveNode {
  readonly id: string;
  /** What peers dial. */
  readonly peerAddress: string;
  /** Of the control API. */
  readonly controlUrl: string;
  /** Address of the node's own page with a fresh one-time code. */
  pageUrl(): string;
  /** Hands consumers over, leaves, and frees everything. */
  stop(): Promise<void>;
  /** Resolves when the node has stopped, whoever asked. */
  readonly ended: Promise<void>;
}

type NodeHost = Host<Message, Command, View>;

/** Built by vite; the path holds for the compiled file in `dist/`. */
const PAGES = new URL('../../viz/', import.meta.url);
const GOODBYE_MS = 100;
const CHECK_MS = 500;

/** Starts one node. Throws a `StoreError` or an `EnvironmentFault` with a message for people. */
export async function startNode(options: NodeOptions, log: Logger): Promise<LiveNode> {
  const folder = options.data ?? mkdtempSync(join(tmpdir(), 'astral-'));
  const store = Store.open(folder);
  const closers: (() => unknown)[] = [
    () => {
      store.close();
      if (options.data === null) rmSync(folder, { recursive: true, force: true });
    },
  ];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.toReversed()) await close();
  };
  try {
    return await start({ options, store, log, closers }, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

interface Parts {
  readonly options: NodeOptions;
  readonly store: Store;
  readonly log: Logger;
  /** Called last to first at the end. */
  readonly closers: (() => unknown)[];
}

async function start(parts: Parts, closeAll: () => Promise<void>): Promise<LiveNode> {
  const { options, store, log, closers } = parts;
  const clock = new SystemClock();
  const crypto = createCrypto();
  const id = crypto.idOf(store.key.publicKey);
  const identity = { id, key: store.key, durable: store.durable };
  const peers = await listenPeers(parts, identity, crypto);
  const config = configOf(options, peers.address);
  const seed = randomBytes(16).toString('hex');
  const machine = new AstralNode(identity, config, createRng(seed), crypto);
  const journal = openJournal(parts, { ...identity, publicKey: identity.key.publicKey, node: id, seed, config });
  const host: NodeHost = new Host<Message, Command, View>(id, machine, {
    clock,
    network: peers.network,
    play: (chunk) => streams.play(chunk),
    persist: (state) => store.save(state),
    ...(journal === null ? {} : { journal: (at, _node, input) => journal.record({ at, input }) }),
    ...(log.isLevelEnabled('debug') ? { observer: (_at, _node, event) => log.debug(event, 'trace') } : {}),
  });
  const catalog = new Catalog(options.directory);
  const manifest = (stream: string): Manifest | null => machine.manifest(stream);
  const streams = new StreamControl({
    host,
    store,
    log,
    catalog,
    now: () => clock.now(),
    manifest,
    targetLag: config.targetLag,
  });
  closers.push(() => host.stop());
  host.start();
  closers.push(() => streams.close());
  const checks = setInterval(() => streams.check(), CHECK_MS);
  closers.push(() => clearInterval(checks));
  if (options.report) {
    const { name, directory: directories } = options;
    const ports = { crypto, key: store.key, name, directories, view: () => machine.view(), now: () => clock.now() };
    closers.push(startReporting(ports));
  }
  let finish = (): void => undefined;
  const ended = new Promise<void>((resolve) => (finish = resolve));
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return await ended;
    stopping = true;
    streams.close();
    await leave(host, config);
    await closeAll();
    finish();
  };
  const access = new Access(store.token);
  const control = await listenControl(
    parts,
    access,
    new ControlledNode({ host, streams, address: peers.address, stop }),
  );
  store.keepUrl(control);
  await streams.resume();
  for (const name of options.sample) await streams.publishSample(name, 'Test picture with a clock, and a tone.');
  for (const slug of options.watch) void streams.watchSoon(slug);
  const pageUrl = (): string => `${control}/#code=${access.newCode()}`;
  return { id, peerAddress: peers.address, controlUrl: control, pageUrl, stop, ended };
}

/** Records what the machine is told, if that was asked for; a journal that fails is reported and does not end the node. */
function openJournal({ options, closers, log }: Parts, start: Omit<JournalHeader, 'protocol'>): JournalFile | null {
  if (options.journal === null) return null;
  const { node, publicKey, seed, config, durable } = start;
  const journal = new JournalFile(options.journal, { node, publicKey, protocol: astral.name, seed, config, durable });
  closers.push(async () => {
    await journal.close();
    if (journal.failure !== null) log.error({ why: journal.failure }, 'the journal is not whole');
  });
  return journal;
}

async function listenPeers(
  { options, closers }: Parts,
  identity: Identity,
  crypto: Crypto,
): Promise<{ network: WireNetwork; address: string }> {
  const known = advertised(options);
  const network = new WireNetwork({
    identity,
    crypto,
    incarnation: (identity.durable?.incarnation ?? 0) + 1,
    transports: [new WebSocketTransport()],
    ...(known === null ? {} : { endpoints: known }),
  });
  closers.push(() => network.detach(identity.id));
  const address = await listenOn('peer port', options.peerPort, DEFAULT_PEER_PORT, (port) =>
    network.listen(new WebSocketTransport({ host: options.listen, port })),
  );
  return { network, address };
}

async function listenControl({ log, options, closers }: Parts, access: Access, node: ControlledNode): Promise<string> {
  const app = await createControlServer({ access, node, version: VERSION, pages: fileURLToPath(PAGES), log });
  closers.push(() => app.close());
  const host = '127.0.0.1';
  return await listenOn('port', options.port, DEFAULT_PORT, (port) => app.listen({ host, port }));
}

function configOf(options: NodeOptions, listening: string): Config {
  const config: Config = {
    ...DEFAULTS,
    endpoints: advertised(options) ?? [listening],
    directory: options.directory.map((address) => ({ node: null, address })),
    bootstrap: options.bootstrap.map((address) => ({ node: null, address: peerUrl(address) })),
    uplink: options.uplink ?? DEFAULTS.uplink,
  };
  const problems = validate(config);
  if (problems.length > 0) throw new UsageError(problems.map(({ path, message }) => `${path} ${message}`).join('; '));
  return config;
}

/** Waits until the consumers have moved, but not for ever. */
async function leave(host: NodeHost, config: Config): Promise<void> {
  const longest = config.leaveGrace / MS + 1_000;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, longest);
    host.command({ type: 'leave' }, () => {
      clearTimeout(timer);
      resolve();
    });
  });
  // What the network was given last has to reach the kernel before the sockets are cut.
  await new Promise((resolve) => setTimeout(resolve, GOODBYE_MS));
}
