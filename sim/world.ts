import { assert } from '../core/assert.js';
import type { Chunk } from '../core/chunk.js';
import { Host, type HostPorts } from '../core/host.js';
import type { Clock, CommandResult, DurableState, Input, Machine } from '../core/machine.js';
import type { TraceEvent } from '../core/trace.js';
import { NEVER, type NodeId, type Time } from '../core/units.js';
import { Digest } from './digest.js';
import type { AccessLink } from './network-access.js';
import type { NetworkOptions } from './network-types.js';
import { SimNetwork } from './network.js';
import { KIND } from './queue-types.js';
import { BlockRing } from './queue.js';
import { Wakes } from './wakes.js';

export type Observer = (at: Time, node: NodeId, event: TraceEvent) => void;

export interface WorldOptions<M> {
  readonly network: NetworkOptions<M>;
  /** Inputs between two prefix digests; 1,000 unless given. */
  readonly prefixEvery?: number;
}

export type NodeState = 'waiting' | 'running' | 'crashed' | 'removed';

/** A node of the world, for its whole existence and over all restarts. */
export interface WorldNode<M, C, V> {
  readonly id: NodeId;
  readonly index: number;
  readonly link: AccessLink;
  host: Host<M, C, V>;
  state: NodeState;
  /** What the machine asked to keep, for its next start. */
  durable: DurableState | null;
  startedAt: Time;
}

const INPUT_KINDS = { message: 1, peer: 2, dial: 3, wake: 4, command: 5 } as const;

/**
 * Virtual time, the queue, the network and the hosts of one run. One thread, one event at a time, and every source of
 * order is the queue: the same calls give the same run.
 */
export class World<M extends { readonly type: string }, C extends { readonly type: string }, V> implements Clock {
  readonly network: SimNetwork<M, C>;
  readonly digest: Digest;
  /** Called for every trace event of the nodes added after the first one is set. */
  readonly observers: Observer[] = [];
  /** Called with every chunk that a node plays. */
  onPlay: ((node: NodeId, chunk: Chunk) => void) | null = null;
  /** Called with every input before its machine is, bytes being those of a message. */
  onInput: ((at: Time, node: NodeId, input: Input<M, C>, bytes: number) => void) | null = null;
  /** Inputs handled by machines so far. */
  inputs = 0;
  readonly #queue = new BlockRing();
  readonly #nodes: WorldNode<M, C, V>[] = [];
  readonly #byId = new Map<NodeId, WorldNode<M, C, V>>();
  readonly #tags = new Map<string, number>();
  readonly #wakes: Wakes;
  #ports: HostPorts<M, C> | null = null;
  #observed = 0;
  /** The node whose machine handles an input, or was the last to. */
  #acting: NodeId = '';
  #actingIndex = -1;
  /** The node that is being woken, else -1. */
  #waking = -1;
  #now: Time = 0;

  constructor(options: WorldOptions<M>) {
    this.network = new SimNetwork<M, C>({ queue: this.#queue, now: () => this.#now }, options.network);
    this.digest = new Digest(options.prefixEvery);
    this.#wakes = new Wakes(this.#queue);
  }

  now(): Time {
    return this.#now;
  }

  /** Adds a node that starts at `startAt` (now unless given, and then at once). */
  add(id: NodeId, machine: Machine<M, C, V>, link: AccessLink, startAt: Time = this.#now): WorldNode<M, C, V> {
    const index = this.network.register(id, link);
    assert(index === this.#nodes.length, 'the world and its network number nodes alike');
    const host = this.#hostOf(id, machine);
    const node: WorldNode<M, C, V> = { id, index, link, host, state: 'waiting', durable: null, startedAt: startAt };
    this.#nodes.push(node);
    this.#byId.set(id, node);
    if (startAt <= this.#now) this.#start(node);
    else
      this.schedule(startAt, () => {
        if (node.state === 'waiting') this.#start(node);
      });
    return node;
  }

  /** The node of this name; throws when there is none. */
  node(id: NodeId): WorldNode<M, C, V> {
    const node = this.#byId.get(id);
    if (node === undefined) throw new RangeError(`no node ${id}`);
    return node;
  }

  get nodes(): readonly WorldNode<M, C, V>[] {
    return this.#nodes;
  }

  /** The node handles nothing until it is resumed as often as it was paused; what comes for it waits. */
  pause(id: NodeId): void {
    if (this.node(id).state === 'running') this.network.impairments.pause(id);
  }

  resume(id: NodeId): void {
    if (this.node(id).state === 'running') this.network.impairments.resume(id);
  }

  command(id: NodeId, command: C, done?: (result: CommandResult) => void): void {
    const { pauses } = this.network;
    if (pauses.any && pauses.stands(this.node(id).index)) {
      pauses.hold(this.node(id).index, () => this.command(id, command, done));
      return;
    }
    const acting = this.#acting;
    const index = this.#actingIndex;
    this.node(id).host.command(command, done);
    this.#acting = acting;
    this.#actingIndex = index;
  }

  /** Ends the node at once; its peers are not told. */
  crash(id: NodeId): void {
    const node = this.node(id);
    if (node.state === 'running') node.host.stop();
    if (node.state !== 'removed') node.state = 'crashed';
  }

  /** Starts a crashed or removed node again; the machine is made from what it last persisted. */
  restart(id: NodeId, make: (durable: DurableState | null) => Machine<M, C, V>): void {
    const node = this.node(id);
    if (node.state === 'running') this.crash(id);
    node.host = this.#hostOf(id, make(node.durable));
    this.#start(node);
  }

  /** Ends the node as the end of its process does: the peers see their connections closed. */
  remove(id: NodeId): void {
    const node = this.node(id);
    if (node.state === 'running') {
      this.network.stop(id);
      node.host.stop();
    }
    node.state = 'removed';
  }

  /** Runs an action of the scenario at `at`, or as soon as possible when that has passed. */
  schedule(at: Time, action: () => void): void {
    this.#queue.push(Math.max(Math.ceil(at), this.#now), KIND.action, 0, 0, action);
  }

  /** Runs all events up to and including `until`, and leaves the clock there. */
  run(until: Time): void {
    const queue = this.#queue;
    while (queue.pop(until)) {
      this.#now = queue.at;
      this.#carryOut();
    }
    if (until > this.#now && until !== NEVER) this.#now = until;
  }

  /** Runs one event; false when nothing is left. */
  step(): boolean {
    if (!this.#queue.pop(NEVER)) return false;
    this.#now = this.#queue.at;
    this.#carryOut();
    return true;
  }

  /** Events that wait. */
  get pending(): number {
    return this.#queue.size;
  }

  wakeAt(key: NodeId, at: Time | null, wake: () => void): void {
    const index = key === this.#acting ? this.#actingIndex : this.node(key).index;
    this.#wakes.set(index, at, wake, this.#now);
  }

  #carryOut(): void {
    const queue = this.#queue;
    const kind = queue.kind;
    if (kind === KIND.wake) this.#fireWake(queue.target, queue.argument);
    else if (kind === KIND.action) (queue.payload as () => void)();
    else this.network.handle(kind, queue.target, queue.argument, queue.payload);
  }

  #fireWake(node: number, generation: number): void {
    const { pauses } = this.network;
    if (pauses.any && pauses.stands(node)) {
      pauses.hold(node, () => this.#fireWake(node, generation));
      return;
    }
    this.#waking = node;
    this.#wakes.fire(node, generation, this.#now);
    this.#waking = -1;
  }

  #start(node: WorldNode<M, C, V>): void {
    node.state = 'running';
    node.startedAt = this.#now;
    node.host.start();
  }

  #hostOf(id: NodeId, machine: Machine<M, C, V>): Host<M, C, V> {
    if (this.#ports === null || this.#observed !== this.observers.length) this.#ports = this.#openPorts();
    return new Host<M, C, V>(id, machine, this.#ports);
  }

  /** One set of ports serves all hosts: what many nodes share stays in the cache. */
  #openPorts(): HostPorts<M, C> {
    const observers = [...this.observers];
    const [only] = observers;
    const several: Observer = (at, node, event) => {
      for (const each of observers) each(at, node, event);
    };
    const observer = observers.length > 1 ? several : only;
    this.#observed = observers.length;
    return {
      clock: this,
      network: this.network,
      ...(observer === undefined ? {} : { observer }),
      journal: (at, node, input) => this.#record(at, node, input),
      play: (chunk) => this.onPlay?.(this.#acting, chunk),
      persist: (state) => {
        this.node(this.#acting).durable = state;
      },
    };
  }

  #record(at: Time, id: NodeId, input: Input<M, C>): void {
    const { type } = input;
    let index: number;
    let bytes = 0;
    if (type === 'message') {
      index = this.network.deliveredTo;
      bytes = this.network.deliveredBytes;
      this.digest.add(at, index, INPUT_KINDS.message, this.#number(input.message.type), bytes);
    } else if (type === 'wake') {
      index = this.#waking;
      this.digest.add(at, index, INPUT_KINDS.wake, 0, 0);
    } else {
      index = this.node(id).index;
      this.digest.add(at, index, INPUT_KINDS[type], this.#tag(input), 0);
    }
    this.#acting = id;
    this.#actingIndex = index;
    this.inputs++;
    this.onInput?.(at, id, input, bytes);
  }

  /** A small number for what the input carries, in the order of first sight. */
  #tag(input: Exclude<Input<M, C>, { type: 'message' | 'wake' }>): number {
    switch (input.type) {
      case 'peer':
        return this.#number(input.change) * 64 + this.#number(input.why);
      case 'dial':
        return this.#number(input.outcome.ok ? 'ok' : input.outcome.why);
      case 'command':
        return this.#number(input.command.type);
    }
  }

  #number(name: string): number {
    let tag = this.#tags.get(name);
    if (tag === undefined) this.#tags.set(name, (tag = this.#tags.size + 1));
    return tag;
  }
}
