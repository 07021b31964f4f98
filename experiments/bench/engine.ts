import type { Effects, Input, Machine } from '../../core/machine.js';
import { createRng } from '../../core/rng.js';
import { MS, SECOND, type NodeId, type Time } from '../../core/units.js';
import { Geography, drawRegion } from '../../sim/geography.js';
import { World } from '../../sim/world.js';
import { startStopwatch } from './stopwatch.js';

interface Parcel {
  readonly type: 'control' | 'chunk';
  readonly size: number;
  readonly chunk: { readonly size: number };
}
interface Go {
  readonly type: 'go';
}

const PARCELS: readonly Parcel[] = [60, 60, 60, 6_400].map((size) => ({
  type: size > 1_000 ? 'chunk' : 'control',
  size,
  chunk: { size: size - 150 },
}));

/** Passes every message on to the next of its peers, and keeps a timer like a protocol does. */
class Forwarder implements Machine<Parcel, Go, null> {
  readonly #peers: readonly NodeId[];
  #turn = 0;
  #deadline = { at: 0 as Time, why: 'tick' };

  constructor(peers: readonly NodeId[]) {
    this.#peers = peers;
  }

  handle(now: Time, input: Input<Parcel, Go>, effects: Effects<Parcel>): void {
    this.#deadline = { at: now + 200 * MS, why: 'tick' };
    if (input.type === 'command') for (const node of this.#peers) effects.connect({ node, address: `sim:${node}` });
    else if (input.type === 'peer' && input.change === 'up') this.#pass(input.peer, effects);
    else if (input.type === 'message') this.#pass(this.#peers[this.#turn % this.#peers.length] as NodeId, effects);
  }

  #pass(to: NodeId, effects: Effects<Parcel>): void {
    effects.send(to, PARCELS[this.#turn++ % PARCELS.length] as Parcel);
  }

  nextDeadline() {
    return this.#deadline;
  }
  view(): null {
    return null;
  }
  restore(): void {}
}

function build(nodes: number): World<Parcel, Go, null> {
  const rng = createRng('engine');
  const geography = new Geography(rng.fork('geography'));
  const sizes = {
    encodedBytes: (parcel: Parcel) => parcel.size,
    carriesChunk: (parcel: Parcel) => parcel.type === 'chunk',
  };
  const world = new World<Parcel, Go, null>({ network: { sizes, paths: geography, loss: 0.005 } });
  for (let index = 0; index < nodes; index++) {
    geography.place(`n${index}`, drawRegion(rng));
    const peers = Array.from({ length: 4 }, () => `n${(index + 1 + rng.below(nodes - 1)) % nodes}`);
    world.add(`n${index}`, new Forwarder(peers), { up: 1e8, down: 1e9 });
  }
  for (const node of world.nodes) world.command(node.id, { type: 'go' });
  world.run(3 * SECOND);
  return world;
}

/** What queue, network, world and host carried, under machines that do nothing but forward. */
export interface EngineCost {
  readonly events: number;
  readonly seconds: number;
}

/** Speed of the simulation engine without a protocol; at least two nodes. */
export function measureEngine(nodes: number, events: number): EngineCost {
  const world = build(nodes);
  const before = world.inputs;
  const seconds = startStopwatch();
  while (world.inputs - before < events) world.run(world.now() + 10 * MS);
  return { events: world.inputs - before, seconds: seconds() };
}
