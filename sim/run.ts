import type { Chunk } from '../core/chunk.js';
import { DEFAULTS } from '../core/config.js';
import { LIMITS } from '../core/limits.js';
import type { DurableState, Machine, Rng } from '../core/machine.js';
import type { Command } from '../core/message.js';
import type { Protocol } from '../core/protocol.js';
import type { TraceEvent } from '../core/trace.js';
import { SECOND, type NodeId, type StreamId, type Time } from '../core/units.js';
import type { View } from '../core/view.js';
import { auditLiveness, LEAVE_MARGIN } from './audits.js';
import type { Snapshot } from './checkers/checker.js';
import { Panel } from './checkers/panel.js';
import { changedSettings, configureAll } from './change.js';
import { planVisits, type Visit } from './churn.js';
import { createSimCrypto, type SimCrypto } from './crypto.js';
import { faultHostOf, type Struck } from './fault-host.js';
import { applyFaults, type AppliedFaults } from './faults.js';
import { Genuine } from './genuine.js';
import { Guard } from './guard.js';
import { tellInputs } from './inputs.js';
import { claimedUplink } from './behaviours.js';
import { kitOf, publisherKit, type Kit } from './kits.js';
import { markOf } from './metrics/after-fault.js';
import { Metrics } from './metrics/metrics.js';
import { summarise, type MetricTree, type Traffic } from './metrics/summary.js';
import { configOf, nodesOf, usualWays, type Ways } from './node-config.js';
import { createPlaces, regionNamed, type Places } from './places.js';
import { helpersOf, plantOf, PUBLISHER } from './plant.js';
import { Processors } from './processors.js';
import { createWorld } from './run-world.js';
import type { Scenario } from './scenario/shape.js';
import type { SimulateOptions } from './simulate.js';
import { chunksPerSecond, Source } from './source.js';
import { trafficOf } from './traffic.js';
import type { World } from './world.js';

export const DIRECTORY: NodeId = 'directory';
const DIRECTORY_RATE = 1e9;

interface Resident<M> {
  readonly kind: 'viewer' | 'publisher' | 'directory' | 'helper';
  readonly kit: Kit;
  readonly ways: Ways;
  readonly make: (durable: DurableState | null) => Machine<M, Command, unknown>;
  upSince: Time;
  leaving: boolean;
}

/** One run in the making: the world, its inhabitants and all that watches them. */
export class Run<M extends { readonly type: string }> {
  readonly world: World<M, Command, unknown>;
  readonly metrics: Metrics;
  readonly panel: Panel;
  readonly traffic: Traffic;
  nodeSeconds = 0;
  #scenario: Scenario;
  readonly #options: SimulateOptions<M>;
  readonly #rng: Rng;
  readonly #crypto: SimCrypto;
  readonly #places: Places;
  readonly #residents = new Map<NodeId, Resident<M>>();
  readonly #stream: StreamId;
  readonly #source: Source;
  readonly #visits: readonly Visit[];
  readonly #helpers: ReturnType<typeof helpersOf>;
  readonly #ways: Ways;
  readonly #processors: Processors<M, Command>;
  readonly #genuine: Genuine;
  readonly #faults: AppliedFaults;
  #pollutedPlayed = 0;
  #measuring = true;
  #quiet = false;

  constructor(scenario: Scenario, options: SimulateOptions<M>, rng: Rng) {
    this.#scenario = scenario;
    this.#options = options;
    this.#rng = rng;
    this.#crypto = createSimCrypto(rng.fork('crypto'));
    this.#places = createPlaces(scenario.network, rng);
    const { protocol } = options;
    this.world = createWorld(scenario, { protocol, paths: this.#places, crypto: this.#crypto, rng });
    const { bitrate, chunkTime, deadline, targetLag } = scenario.stream;
    const most = chunksPerSecond(scenario, LIMITS.chunkBytes);
    const { network } = this.world;
    this.metrics = new Metrics({
      bitrate,
      chunkTime,
      deadline,
      targetLag,
      chunksPerSecond: most,
      connected: (a, b) => !network.blocked(a, b) && !network.blocked(b, a),
      oneWay: (from, to) => this.#delay(from, to),
      mark: markOf(scenario),
    });
    this.panel = new Panel(options.check ?? scenario.check, options.lacks, scenario.settings);
    this.traffic = trafficOf(this.world);
    this.world.observers.push((at, node, event) => this.#observe(at, node, event));
    this.world.onPlay = (node, chunk) => this.#played(node, chunk);
    if (options.inputs !== undefined) tellInputs(this.world, () => this.#measuring, options.inputs);
    const key = this.#crypto.keyPair('stream');
    this.#stream = this.#crypto.idOf(key.publicKey);
    this.#genuine = new Genuine(this.#crypto, this.#stream, key.publicKey);
    this.#source = new Source(scenario, key, this.#stream);
    this.#visits = planVisits(scenario, rng.fork('visits'));
    this.#helpers = options.helpers === undefined ? helpersOf(scenario, this.#visits) : [];
    this.#ways = usualWays(options.createDirectory === null ? null : DIRECTORY, PUBLISHER);
    this.#processors = Processors.of<M, Command>(scenario.faults, {
      encodedBytes: (message) => protocol.encodedBytes(message),
      crypto: this.#crypto.costs,
      impairments: network.impairments,
      soon: (action) => this.world.schedule(this.world.now(), action),
    });
    this.#populate();
    const struck: Struck = {
      rng,
      isQuiet: () => this.#quiet,
      present: () => this.#present(),
      regionOf: (node) => this.#places.names[this.#places.placeOf(node)],
      snapshot: () => this.#snapshot(),
      crash: (node) => this.crash(node),
      restart: (node) => this.restart(node),
      leave: (node) => this.leave(node),
      replace: (id, like) => this.#replace(id, this.#residents.get(like)),
      noted: (fault) => this.panel.fault(this.world.now(), fault),
      resumed: (node) => this.panel.resumed(this.world.now(), node),
    };
    this.#faults = applyFaults(scenario.faults, faultHostOf(struck, this.world, this.#processors));
  }

  /** Peers that are up and mean to stay. */
  ids(): NodeId[] {
    return [...this.#residents].flatMap(([id, { kind, upSince, leaving }]) =>
      upSince >= 0 && !leaving && kind !== 'directory' ? [id] : [],
    );
  }

  /** Inputs handled by machines. */
  get events(): number {
    return this.world.inputs;
  }

  /** What a node that is up says of itself; null for any other, and for the directory. */
  view(id: NodeId): View | null {
    const resident = this.#residents.get(id);
    if (resident === undefined || resident.upSince < 0 || resident.kind === 'directory') return null;
    return this.world.node(id).host.machine.view() as View;
  }

  /** From now on the run is of another scenario; `changeProblems` says which. Answers how many nodes refused. */
  change(to: Scenario): number {
    const settings = changedSettings(this.#scenario.settings, to.settings);
    this.#scenario = to;
    this.#faults.change(to.faults);
    return settings === null ? 0 : configureAll(this.world, this.#present(), settings);
  }

  /** Ends the measured time and computes its figures. */
  measure(): MetricTree {
    const { duration, viewers } = this.#scenario;
    this.#measuring = false;
    this.metrics.finish(duration);
    for (const resident of this.#residents.values()) {
      if (resident.upSince >= 0) this.nodeSeconds += (duration - resident.upSince) / SECOND;
    }
    const plant = plantOf(this.#scenario, this.#visits, (from, to) => this.#delay(from, to), this.#helpers);
    const figures = summarise(this.metrics, { traffic: this.traffic, plant, viewers, duration });
    return { ...figures, polluted: { played: this.#pollutedPlayed, ...(figures['polluted'] as MetricTree) } };
  }

  /** A tail without churn and faults, at whose end liveness is judged. Nothing in it is measured or recorded. */
  demandLiveness(): void {
    const { quiet } = this.#scenario;
    const { panel, world } = this;
    if (panel.wantsQuiet) {
      // What a fault took down comes back first: without its publisher there is nothing to demand.
      this.#faults.lift();
      this.#quiet = true;
      const audited = {
        panel,
        world,
        ways: this.#ways,
        snapshot: () => this.#snapshot(),
        leave: (node: NodeId) => this.leave(node),
        arrive: (node: NodeId, ways: Ways) => this.#arrive(node, this.#usualKit(), ways),
      };
      auditLiveness(audited, quiet);
    }
    panel.finish(world.now());
  }

  /** Ends a node without a word to anybody. */
  crash(node: NodeId): void {
    const resident = this.#residents.get(node);
    if (resident === undefined || resident.upSince < 0) return;
    this.#down(node, resident, 'crashed');
    this.world.crash(node);
  }

  /** Starts a crashed node again, with what it kept. */
  restart(node: NodeId): void {
    const resident = this.#residents.get(node);
    if (resident === undefined || resident.upSince >= 0 || resident.leaving) return;
    this.#up(node, resident);
    this.world.restart(node, (durable) => resident.make(durable));
    this.#begin(node, resident);
  }

  /** Tells a node to leave; it lingers until it has handed its consumers over. */
  leave(node: NodeId): void {
    const resident = this.#residents.get(node);
    if (resident === undefined || resident.upSince < 0 || resident.leaving) return;
    resident.leaving = true;
    this.panel.leaving(this.world.now(), node);
    if (this.#measuring) this.metrics.ended(this.world.now(), node, 'left');
    const gone = (): void => {
      if (resident.upSince < 0) return;
      this.#down(node, resident, 'left');
      this.world.remove(node);
    };
    this.world.command(node, { type: 'leave' }, () => this.world.schedule(this.world.now(), gone));
    this.world.schedule(this.world.now() + this.#scenario.settings.leaveGrace + LEAVE_MARGIN, gone);
  }

  #populate(): void {
    const { stream } = this.#scenario;
    const { createDirectory, helpers } = this.#options;
    if (createDirectory !== null) {
      const vouch = (node: NodeId): boolean => this.#residents.get(node)?.kit.reachability === 'open';
      const make = () => createDirectory(this.#rng.fork('directory'), this.#crypto, vouch);
      this.#move(DIRECTORY, 'directory', kitOf(DIRECTORY_RATE, DIRECTORY_RATE), make);
    }
    const kit = publisherKit(this.#scenario);
    this.#move(PUBLISHER, 'publisher', kit, (durable) => this.#peer(PUBLISHER, kit, durable));
    const home = regionNamed(this.#places.names[this.#places.placeOf(PUBLISHER)]);
    for (const { id, region, uplink: up, downlink: down, create } of helpers?.(this.#scenario, home) ?? []) {
      const own = { ...kitOf(up, down), place: region };
      this.#move(id, 'helper', own, (durable) => this.#peer(id, own, durable, { create }));
    }
    for (const { id, kit: own } of this.#helpers) {
      this.#move(id, 'helper', own, (durable) => this.#peer(id, own, durable));
    }
    this.#feed(stream.chunkTime);
    for (const visit of this.#visits) {
      this.world.schedule(visit.at, () => {
        if (this.#quiet) return;
        this.#arrive(visit.id, visit.kit);
      });
      if (visit.leavesAt === null) continue;
      this.world.schedule(visit.leavesAt, () => {
        if (this.#quiet) return;
        if (visit.how === 'crash') this.crash(visit.id);
        else this.leave(visit.id);
      });
    }
  }

  /** Somebody like the one who goes: a helper of the scenario for a helper, else a viewer. */
  #replace(id: NodeId, gone: Resident<M> | undefined): void {
    const kit = gone?.kit ?? this.#usualKit();
    if (gone?.kind !== 'helper' || this.#helpers.length === 0) this.#arrive(id, kit);
    else this.#move(id, 'helper', kit, (durable) => this.#peer(id, kit, durable));
  }

  #arrive(id: NodeId, kit: Kit, ways = this.#ways): void {
    this.#move(id, 'viewer', kit, (durable) => this.#peer(id, kit, durable, { ways }), ways);
  }

  /** That of the first viewer; of the publisher where there is none. */
  #usualKit(): Kit {
    return this.#visits[0]?.kit ?? publisherKit(this.#scenario);
  }

  /** The usual delay of the way from one node to another. */
  #delay(from: NodeId, to: NodeId): Time {
    const { base, spread } = this.#places.path(from, to);
    return base + spread;
  }

  /** Nodes that are up. */
  *#present(): Iterable<{ id: NodeId; kind: string }> {
    for (const [id, { kind, upSince }] of this.#residents) if (upSince >= 0) yield { id, kind };
  }

  /** Brings a node into the world and starts it. */
  #move(id: NodeId, kind: Resident<M>['kind'], kit: Kit, make: Resident<M>['make'], ways = this.#ways): void {
    const resident: Resident<M> = { kind, kit, ways, make, upSince: -1, leaving: false };
    this.#residents.set(id, resident);
    this.#places.place(id, kit.place);
    this.#up(id, resident);
    this.world.add(id, make(null), kit.line);
    if (kit.reachability === 'behind-nat') this.world.network.hide(id);
    this.#begin(id, resident);
  }

  #begin(id: NodeId, resident: Resident<M>): void {
    if (resident.kind === 'publisher') this.world.command(id, this.#source.publish());
    // Helpers that a protocol brings along know what to do.
    const relays = resident.kind === 'helper' && this.#helpers.length > 0;
    if (resident.kind !== 'viewer' && !relays) return;
    const counts = resident.kind === 'viewer' && resident.kit.behaviour === 'honest';
    if (this.#measuring && counts) this.metrics.watched(this.world.now(), id);
    this.world.command(id, { type: 'watch', stream: this.#stream });
  }

  #peer(
    id: NodeId,
    { line, cpu, behaviour }: Kit,
    durable: DurableState | null,
    own: { readonly create?: Protocol<M, Command, View>['create']; readonly ways?: Ways } = {},
  ): Machine<M, Command, unknown> {
    const identity = { id, key: this.#crypto.keyPair(id), durable };
    const luck = `node/${id}/${durable?.incarnation ?? 0}`;
    const maxPeers = id === PUBLISHER ? LIMITS.peersPublisher : DEFAULTS.maxPeers;
    const uplink = claimedUplink(behaviour, line.up);
    const config = configOf(this.#scenario, { id, uplink, maxPeers, ways: own.ways ?? this.#ways });
    const { protocol, between, misbehave } = this.#options;
    const create: typeof protocol.create = own.create ?? ((...told) => protocol.create(...told));
    const make = (): Machine<M, Command, View> => create(identity, config, this.#rng.fork(luck), this.#crypto);
    const inner = between === undefined ? make() : between(id, make);
    const machine = behaviour === 'honest' ? inner : (misbehave?.(behaviour, inner, () => !this.#quiet) ?? inner);
    const guarded = new Guard(id, machine, (at, node, error) => this.#threw(at, node, error));
    return this.#processors.wrap(id, guarded, cpu);
  }

  /** One fragment after the other for as long as the publisher lives. */
  #feed(every: Time): void {
    const next = (): void => {
      const resident = this.#residents.get(PUBLISHER);
      if (resident !== undefined && resident.upSince >= 0) this.world.command(PUBLISHER, this.#source.next());
      this.world.schedule(this.world.now() + every, next);
    };
    this.world.schedule(every, next);
  }

  #up(id: NodeId, resident: Resident<M>): void {
    const now = this.world.now();
    resident.upSince = now;
    const region = this.#places.placeOf(id);
    const { kind, kit, ways } = resident;
    const honest = kit.behaviour === 'honest';
    const reachable = kit.reachability === 'open';
    const info = { id, kind, uplink: kit.line.up, region, honest, reachable, ways: nodesOf(ways) };
    if (this.#measuring) this.metrics.nodeUp(now, info);
    this.panel.nodeUp(now, info);
    if (this.#measuring) this.#options.recorder?.nodeUp(now, info);
  }

  #down(id: NodeId, resident: Resident<M>, ending: 'left' | 'crashed'): void {
    const now = this.world.now();
    if (this.#measuring) {
      this.nodeSeconds += (now - resident.upSince) / SECOND;
      if (ending === 'crashed') this.metrics.ended(now, id, 'crashed');
      else this.metrics.nodeDown(now, id);
    }
    resident.upSince = -1;
    this.panel.nodeDown(now, id);
    if (this.#measuring) this.#options.recorder?.nodeDown(now, id, ending);
  }

  #threw(at: Time, node: NodeId, error: unknown): void {
    const text =
      error instanceof Error
        ? ((this.#options.debug === true ? error.stack : undefined) ?? error.message)
        : String(error);
    this.panel.report('S25', at, [node], text);
    this.world.schedule(at, () => this.crash(node));
  }

  #observe(at: Time, node: NodeId, event: TraceEvent): void {
    if (this.#measuring) this.metrics.observe(at, node, event);
    this.panel.observe(at, node, event);
    this.#options.trace?.(at, node, event);
    if (this.#measuring) this.#options.recorder?.observe(at, node, event);
  }

  #played(node: NodeId, chunk: Chunk): void {
    if (this.#genuine.has(chunk)) return;
    if (this.#residents.get(node)?.kit.behaviour !== 'honest') return;
    if (this.#measuring) this.#pollutedPlayed++;
    this.panel.report(
      'S16',
      this.world.now(),
      [node],
      `played chunk ${chunk.epoch}/${chunk.seq} that its publisher did not sign`,
    );
  }

  #snapshot(): Snapshot {
    const views = new Map<NodeId, View>();
    const viewers: NodeId[] = [];
    const unreachable = new Set<NodeId>();
    for (const [id, resident] of this.#residents) {
      if (resident.upSince < 0 || resident.leaving || resident.kind === 'directory') continue;
      views.set(id, this.world.node(id).host.machine.view() as View);
      if (resident.kind === 'viewer') viewers.push(id);
      if (resident.kit.reachability !== 'open') unreachable.add(id);
    }
    return { viewers, views, unreachable };
  }
}
