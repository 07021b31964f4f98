import { astral } from '../core/astral.js';
import { Directory, DIRECTORY_DEFAULTS } from '../core/directory.js';
import type { Message } from '../core/message.js';
import type { Scenario } from '../sim/scenario.js';
import type { Contender, SimulateOptions } from '../sim/simulate.js';
import { Simulation } from '../sim/simulation.js';
import { misbehave } from './adversaries.js';
import { astral2011 } from './rivals/astral-2011/contender.js';
import { donet } from './rivals/donet/contender.js';
import { originEdge } from './rivals/origin-edge/contender.js';
import { simulateTimed, type TimedResult } from './timed.js';

/** What of a run does not depend on the protocol. */
export type RunOptions = Omit<SimulateOptions<never>, keyof Contender<never>>;

/** A protocol that a scenario can name. */
export interface Entry {
  readonly name: string;
  readonly about: string;
  /** Whether viewers carry the stream, or relays that somebody pays for. */
  readonly kind: 'overlay' | 'relays';
  /** It breaks invariants by design: what it breaks is told, and is no failure of a comparison. */
  readonly flawed: boolean;
  /** Runs a scenario under it. */
  simulate(scenario: Scenario, options: RunOptions): TimedResult;
  /** A run that stops where it is told to. */
  begin(scenario: Scenario, options: RunOptions): Running;
}

/** A simulation whose protocol is no matter. */
export type Running = Simulation<never>;

/** Astral as the simulator runs it. */
export const ASTRAL: Contender<Message> = {
  protocol: astral,
  createDirectory: (rng, crypto, vouch) => new Directory(DIRECTORY_DEFAULTS, rng, crypto, vouch),
  misbehave,
};

function entry<M extends { readonly type: string }>(
  contender: Contender<M>,
  kind: Entry['kind'],
  about: string,
  flawed = false,
): [string, Entry] {
  const { name } = contender.protocol;
  const simulate = (scenario: Scenario, options: RunOptions): TimedResult =>
    simulateTimed(scenario, { ...options, ...contender });
  const begin = (scenario: Scenario, options: RunOptions): Running =>
    new Simulation(scenario, { ...options, ...contender });
  return [name, { name, about, kind, flawed, simulate, begin }];
}

/** Protocols by name. */
export const PROTOCOLS: ReadonlyMap<string, Entry> = new Map([
  entry(ASTRAL, 'overlay', 'this project: trees for each sub-stream, tickets, pull for the rest'),
  entry(originEdge, 'relays', 'baseline: an origin and edges carry everything, viewers upload nothing'),
  entry(donet, 'overlay', 'rival: a mesh of partners who tell what they have and ask for what they miss'),
  entry(astral2011, 'overlay', 'baseline: the astral of 2011, with its defects', true),
]);
