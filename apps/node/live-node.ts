import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Manifest } from '../../core/chunk.js';
import { DEFAULTS, type Config, type Identity, validate } from '../../core/config.js';
import { Host } from '../../core/host.js';
import type { Crypto } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import { astral } from '../../core/astral.js';
import type { JournalHeader } from '../../core/journal/journal.js';
import { witnessedCrypto } from '../../core/journal/witness.js';
import { AstralNode } from '../../core/node.js';
import { createRng } from '../../core/rng.js';
import { MS } from '../../core/units.js';
import type { View } from '../../core/view.js';
import { createCrypto } from '../../transports/crypto.js';
import { NodeJournal } from '../../transports/node-journal.js';
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
import { Observation } from './observation.js';
import { DEFAULT_PEER_PORT, DEFAULT_PORT, type NodeOptions } from './options.js';
import { startReporting } from './reporter.js';
import { Store } from './store.js';
import { StreamControl } from './stream-control.js';

/** A node that runs. */
export interface LiveNode {
  readonly id: string;
  /** What peers are told to dial; null if that is nothing. */
  readonly peerAddress: string | null;
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

/** Short enough that a service manager, or an impatient person, waits for it. */
const LEAVE_GRACE = 3_500 * MS;
const GOODBYE_MS = 100;
const CHECK_MS = 500;
const OBSERVE_MS = 1_000;
/** Addresses that are told to be distrusted. */
const MAX_TOLD = 64;

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

/** What runs from the start to the end of a node, before anybody can control it. */
interface Engine {
  readonly host: NodeHost;
  readonly streams: StreamControl;
  readonly observation: Observation;
  readonly config: Config;
}

/** The machine on its clock and its network, with those who feed it and those who watch it. */
async function startEngine(parts: Parts): Promise<Engine> {
  const { options, store, log, closers } = parts;
  const clock = new SystemClock();
  const crypto = createCrypto();
  const id = crypto.idOf(store.key.publicKey);
  const identity = { id, key: store.key, durable: store.durable };
  const { network, address } = await listenPeers(parts, identity, crypto);
  const config = configOf(options, address);
  const seed = randomBytes(16).toString('hex');
  const journal = openJournal(parts, { ...identity, publicKey: identity.key.publicKey, node: id, seed, config });
  const own = journal === null ? crypto : witnessedCrypto(crypto, (signature) => journal.signed(signature));
  const machine = new AstralNode(identity, config, createRng(seed), own);
  const host: NodeHost = new Host<Message, Command, View>(id, journal?.watch(machine) ?? machine, {
    clock,
    network,
    play: (chunk) => streams.play(chunk),
    persist: (state) => store.save(state),
    observer: (at, _node, event) => {
      observation.observe(at, event);
      if (log.isLevelEnabled('debug')) log.debug(event, 'trace');
    },
  });
  const now = (): number => clock.now();
  const view = (): View => machine.view();
  const manifest = (stream: string): Manifest | null => machine.manifest(stream);
  const catalog = new Catalog(options.directory);
  const streams = new StreamControl({ host, store, log, catalog, now, manifest, targetLag: config.targetLag });
  const observation = new Observation({
    ...{ id, address: addressOf(config), uplink: config.uplink, now, view },
    streams: () => streams.known(),
    slugOf: (stream) => streams.slugOf(stream),
  });
  closers.push(() => host.stop());
  host.start();
  closers.push(() => streams.close());
  for (const timer of [setInterval(() => streams.check(), CHECK_MS), setInterval(() => observation.step(), OBSERVE_MS)])
    closers.push(() => clearInterval(timer));
  const { name, directory: directories } = options;
  if (options.report) closers.push(startReporting({ crypto, key: store.key, name, directories, view, now }));
  return { host, streams, observation, config };
}

async function start(parts: Parts, closeAll: () => Promise<void>): Promise<LiveNode> {
  const { options, store, log } = parts;
  const { host, streams, observation, config } = await startEngine(parts);
  const address = addressOf(config);
  let finish = (): void => undefined;
  const ended = new Promise<void>((resolve) => (finish = resolve));
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return await ended;
    stopping = true;
    streams.close();
    observation.hub.close();
    await leave(host, config);
    await closeAll();
    finish();
  };
  const health = (): string | null => store.failure;
  const settings = { uplink: config.uplink, directories: options.directory, name: options.name };
  const access = new Access(store.token);
  const tls = options.certificate !== null;
  const node = new ControlledNode({ host, streams, observation, settings, address, tls, health, stop });
  streams.restore();
  const control = await listenControl(parts, access, node);
  store.keepUrl(control);
  await streams.resume();
  for (const name of options.sample) {
    const created = await streams.publishSample(name, 'Test picture with a clock, and a tone.');
    if (!created.ok) log.error({ name, why: created.why }, 'the sample is not published');
  }
  for (const slug of options.watch) void streams.watchSoon(slug);
  const pageUrl = (): string => `${control}/#code=${access.newCode()}`;
  return { id: host.id, peerAddress: address, controlUrl: control, pageUrl, stop, ended };
}

/** Records what the machine is told, if that was asked for; a journal that fails is reported and does not end the node. */
function openJournal({ options, closers, log }: Parts, start: Omit<JournalHeader, 'protocol'>): NodeJournal | null {
  if (options.journal === null) return null;
  const { node, publicKey, seed, config, durable } = start;
  const journal = new NodeJournal(options.journal, { node, publicKey, protocol: astral.name, seed, config, durable });
  closers.push(async () => {
    await journal.close();
    if (journal.failure !== null) log.error({ why: journal.failure }, 'the journal is not whole');
  });
  return journal;
}

async function listenPeers(
  { options, closers, log }: Parts,
  identity: Identity,
  crypto: Crypto,
): Promise<{ network: WireNetwork; address: string }> {
  const known = advertised(options);
  const onDistrust = once((peer, why) => log.warn({ address: peer, why }, 'not believed to be who it should be'));
  const security = { tlsOnly: options.certificate !== null, insecureLan: options.insecureLan, onDistrust };
  const network = new WireNetwork({
    identity,
    crypto,
    incarnation: (identity.durable?.incarnation ?? 0) + 1,
    transports: [new WebSocketTransport(security)],
    directories: options.directory,
    onDistrust,
    ...(known === null ? {} : { endpoints: known }),
  });
  closers.push(() => network.detach(identity.id));
  const onCertificateProblem = (why: string): void => log.error({ why }, 'the renewed certificate is not used');
  const { certificate } = options;
  const serving = certificate === null ? {} : { certificate, onCertificateProblem };
  const address = await listenOn('peer port', options.peerPort, DEFAULT_PEER_PORT, (port) =>
    network.listen(new WebSocketTransport({ host: options.listen, port, ...serving })),
  );
  return { network, address };
}

async function listenControl({ log, options, closers }: Parts, access: Access, node: ControlledNode): Promise<string> {
  const app = await createControlServer({ access, node, version: VERSION, log });
  closers.push(() => app.close());
  const host = '127.0.0.1';
  return await listenOn('port', options.port, DEFAULT_PORT, (port) => app.listen({ host, port }));
}

/** Tells each address once: peers name others as often as they like. */
function once(tell: (address: string, why: string) => void): (address: string, why: string) => void {
  const told = new Set<string>();
  return (address, why) => {
    if (told.has(address) || told.size >= MAX_TOLD) return;
    told.add(address);
    tell(address, why);
  };
}

function configOf(options: NodeOptions, listening: string): Config {
  const config: Config = {
    ...DEFAULTS,
    endpoints: advertised(options) ?? [listening],
    directory: options.directory.map((address) => ({ node: null, address })),
    bootstrap: options.bootstrap.map((address) => ({
      node: null,
      address: peerUrl(address, options.certificate !== null),
    })),
    uplink: options.uplink ?? DEFAULTS.uplink,
    leaveGrace: LEAVE_GRACE,
    acceptSeeds: options.acceptSeeds,
  };
  const problems = validate(config);
  if (problems.length > 0) throw new UsageError(problems.map(({ path, message }) => `${path} ${message}`).join('; '));
  return config;
}

/** What peers dial; null when they cannot. */
function addressOf({ endpoints }: Config): string | null {
  return endpoints[0] ?? null;
}

/** Waits until the consumers have moved, but not for ever. */
async function leave(host: NodeHost, config: Config): Promise<void> {
  const longest = config.leaveGrace / MS + 500;
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
