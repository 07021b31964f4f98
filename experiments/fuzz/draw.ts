import fc from 'fast-check';
import { drawSwarm, type Bounds, type Profile, type Swarm } from './swarm.js';
import { worlds, type World } from './worlds.js';

/** Everything that follows from a seed before a run begins. */
export interface Drawn {
  readonly swarm: Swarm;
  readonly world: World;
}

/** What a seed draws; the first case that fast-check tries under that seed, so that it can shrink it later. */
export function draw(seed: number, profile: Profile, bounds: Bounds): Drawn {
  const swarm = drawSwarm(seed, profile, bounds);
  let world: World | null = null;
  const keep = fc.property(worlds(swarm), (value) => void (world = value));
  fc.assert(keep, { seed, numRuns: 1 });
  if (world === null) throw new RangeError(`fast-check drew nothing under seed ${seed}`);
  return { swarm, world };
}
