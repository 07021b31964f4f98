import { LIMITS } from './limits.js';
import type { Contact, DurableState, KeyPair } from './machine.js';
import { admissionPolicies } from './policies/admission.js';
import { feasibilityPolicies } from './policies/feasibility.js';
import { selectionPolicies } from './policies/selection.js';
import { MS, SECOND, type NodeId, type Time } from './units.js';

/** Everything a node can be told before it starts. Times are microseconds, rates bits per second. */
export interface Config {
  /** Where this node can be dialled; empty when it cannot accept connections. */
  readonly endpoints: readonly string[];
  /** Directory contacts and static contacts; either list alone is enough. */
  readonly directory: readonly Contact[];
  readonly bootstrap: readonly Contact[];
  /** Uplink lent to the overlay. */
  readonly uplink: number;
  readonly maxPeers: number;
  /** The player shows a chunk this long after its source time. */
  readonly targetLag: Time;
  /** A tick is sent on an active edge after this silence. */
  readonly tickAfter: Time;
  /** An active edge is suspect after this silence; must exceed `tickAfter` by more than the jitter of the path. */
  readonly suspectAfter: Time;
  /** Leases counted on the two sides; the consumer's must end first. */
  readonly leaseProvider: Time;
  readonly leaseConsumer: Time;
  readonly renewEvery: Time;
  readonly offerTtl: Time;
  readonly recordTtl: Time;
  readonly announceEvery: Time;
  /** How long a leaving node goes on serving consumers that have not moved. */
  readonly leaveGrace: Time;
  /** Whether this node may become a supernode: when none is to be had, from the start, or never. */
  readonly supernode: 'auto' | 'always' | 'never';
  /** Children a supernode takes. */
  readonly maxChildren: number;
  /** Registrations are renewed this often, and given up when none was acknowledged for that long. */
  readonly registerEvery: Time;
  readonly registerLease: Time;
  /** Whether peers may ask this node to receive a stream and pass it on. */
  readonly acceptSeeds: boolean;
  /** Whether standby tickets are looked for. */
  readonly standby: boolean;
  /** Share of the uplink that pulls may take. */
  readonly repairShare: number;
  /** Names of the policies in force, see `policies/`. */
  readonly feasibility: string;
  readonly admission: string;
  readonly selection: string;
}

/** Keys that a running node can be told anew. */
export const SETTINGS = [
  'tickAfter',
  'suspectAfter',
  'leaseProvider',
  'leaseConsumer',
  'renewEvery',
  'offerTtl',
  'recordTtl',
  'announceEvery',
  'leaveGrace',
  'maxChildren',
  'registerEvery',
  'registerLease',
  'standby',
  'repairShare',
  'feasibility',
  'admission',
  'selection',
] as const satisfies readonly (keyof Config)[];

export type Settings = Pick<Config, (typeof SETTINGS)[number]>;

/** What distinguishes one node from another besides its configuration. */
export interface Identity {
  readonly id: NodeId;
  readonly key: KeyPair;
  /** State that survived the last run; null on the first. */
  readonly durable: DurableState | null;
}

export const DEFAULTS: Config = {
  endpoints: [],
  directory: [],
  bootstrap: [],
  uplink: 2_000_000,
  maxPeers: LIMITS.peersOrdinary,
  targetLag: 2_500 * MS,
  tickAfter: 230 * MS,
  suspectAfter: 350 * MS,
  leaseProvider: 10 * SECOND,
  leaseConsumer: 8 * SECOND,
  renewEvery: 2_600 * MS,
  offerTtl: 2 * SECOND,
  recordTtl: 30 * SECOND,
  announceEvery: 10 * SECOND,
  leaveGrace: 5 * SECOND,
  supernode: 'auto',
  maxChildren: 100,
  registerEvery: 2 * SECOND,
  registerLease: 5 * SECOND,
  acceptSeeds: false,
  standby: true,
  repairShare: 0.25,
  feasibility: 'rfc8966',
  admission: 'interior-first',
  selection: 'shallow-first',
};

/** One problem in a configuration. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

const TIMES = [
  'targetLag',
  'tickAfter',
  'suspectAfter',
  'leaseProvider',
  'leaseConsumer',
  'renewEvery',
  'offerTtl',
  'recordTtl',
  'announceEvery',
  'leaveGrace',
  'registerEvery',
  'registerLease',
] as const;

const POLICIES = {
  feasibility: feasibilityPolicies,
  admission: admissionPolicies,
  selection: selectionPolicies,
} as const;

/** All problems at once; empty when the configuration can be run. */
export function validate(config: Config): Problem[] {
  const problems: Problem[] = [];
  const demand = (holds: boolean, path: string, message: string): void => {
    if (!holds) problems.push({ path, message });
  };
  for (const path of TIMES) {
    const value = config[path];
    demand(Number.isSafeInteger(value) && value > 0, path, 'must be a positive whole number of microseconds');
  }
  demand(
    Number.isFinite(config.uplink) && config.uplink >= 0,
    'uplink',
    'must be a number of bits per second, 0 or more',
  );
  demand(
    Number.isInteger(config.maxPeers) && config.maxPeers >= 4 && config.maxPeers <= LIMITS.peersPublisher,
    'maxPeers',
    `must be a whole number from 4 to ${LIMITS.peersPublisher}`,
  );
  demand(config.repairShare > 0 && config.repairShare <= 1, 'repairShare', 'must be above 0 and at most 1');
  demand(config.endpoints.length <= LIMITS.endpoints, 'endpoints', `must be at most ${LIMITS.endpoints} addresses`);
  demand(
    config.suspectAfter > config.tickAfter + 100 * MS,
    'suspectAfter',
    'must exceed tickAfter by more than 100 ms, else a late tick is taken for a death',
  );
  demand(
    config.leaseConsumer <= 0.8 * config.leaseProvider,
    'leaseConsumer',
    'must be at most 0.8 of leaseProvider, so that the consumer gives up before the provider does',
  );
  demand(
    config.renewEvery * 3 <= config.leaseConsumer,
    'renewEvery',
    'must fit three times into leaseConsumer, so that two lost renewals do no harm',
  );
  demand(
    Number.isInteger(config.maxChildren) && config.maxChildren >= 1 && config.maxChildren <= LIMITS.children,
    'maxChildren',
    `must be a whole number from 1 to ${LIMITS.children}`,
  );
  demand(['auto', 'always', 'never'].includes(config.supernode), 'supernode', 'must be one of auto, always, never');
  demand(typeof config.standby === 'boolean', 'standby', 'must be true or false');
  demand(
    config.registerEvery * 2 < config.registerLease,
    'registerEvery',
    'must fit more than twice into registerLease, so that a late answer does no harm',
  );
  demand(config.announceEvery * 2 <= config.recordTtl, 'announceEvery', 'must fit twice into recordTtl');
  for (const path of ['feasibility', 'admission', 'selection'] as const) {
    const names = POLICIES[path].names();
    demand(names.includes(config[path]), path, `must be one of ${names.join(', ')}`);
  }
  return problems;
}
