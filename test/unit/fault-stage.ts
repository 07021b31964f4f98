import { createRng } from '../../core/rng.js';
import { MS, SECOND } from '../../core/units.js';
import { applyFaults, type Fault, type FaultHost } from '../../sim/faults.js';
import { FAST, Puppet, type Stage } from './sim-stage.js';

/** What a plan can do to single nodes, beside ending them. */
export function verbs({
  world,
  processors,
}: Stage): Pick<FaultHost, 'replace' | 'pause' | 'resume' | 'sever' | 'lose' | 'throttle' | 'slow'> {
  const { impairments } = world.network;
  return {
    replace: (id) => void world.add(`${id}'`, new Puppet(), FAST),
    pause: (id) => world.pause(id),
    resume: (id) => world.resume(id),
    sever: (id) => impairments.sever(id),
    lose: (id, name, rate) => impairments.lose(id, name, rate),
    throttle: (id, name, factor) => impairments.throttle(id, world.node(id).link, name, factor),
    slow: (id, name, perStep) => processors.slow(id, name, perStep),
  };
}

/** Lets a plan loose on a stage; returns what lifts all that lasts, and a log of what the host noted. */
export function unleash(stage: Stage, ...plan: Partial<Fault>[]): { lift: () => void; noted: string[] } {
  const { world } = stage;
  const noted: string[] = [];
  const faults = plan.map((fault): Fault => ({
    at: SECOND,
    kind: 'pause',
    target: 'b',
    param: null,
    for: null,
    ...fault,
  }));
  const { lift } = applyFaults(faults, {
    rules: world.network.rules,
    rng: createRng('faults'),
    schedule: (at, action) => world.schedule(at, action),
    targets: (word) =>
      world.nodes
        .map(({ id }) => id)
        .filter((id) => (word === 'all' || word === id) && world.node(id).state === 'running'),
    crash: (id) => world.crash(id),
    restart: (id) => world.restart(id, () => stage.machine(id)),
    leave: (id) => world.remove(id),
    ...verbs(stage),
    noted: (fault, phase, nodes) => noted.push(`${fault.kind} ${phase} ${nodes.join('')}`),
  });
  return { lift, noted };
}

/** What a puppet was sent, and when in ms. */
export const messages = (stage: Stage, name: string) =>
  stage
    .puppet(name)
    .log.filter(([, what]) => what.includes(' from '))
    .map(([at, what]) => [at / MS, what] as const);
