import { DEFAULTS } from '../../core/config.js';
import { LIMITS } from '../../core/limits.js';
import { MS } from '../../core/units.js';
import { BEHAVIOURS, type Behaviour } from '../behaviours.js';
import { CAPACITIES, LATENCY, VISITS } from './data.js';
import { FAULT } from './faults.js';
import {
  cost,
  duration,
  flag,
  integer,
  key,
  list,
  nullable,
  number,
  object,
  rate,
  tagged,
  text,
  word,
  type Read,
} from './schema.js';

const REGION_HELP = 'where they are: a region, or a place of network.latency; null: drawn by the seed';

const UPLINK = tagged('model', {
  fixed: object({ rate: key(rate, 'the same for every node of the class') }),
  factor: object({ value: key(number(0, 1000), 'times the bitrate of the stream') }),
  lognormal: object({
    median: key(rate, 'median before scaling to the resource index', '1Mbit'),
    sigma: key(number(0, 4), 'standard deviation of the logarithm', 0.8),
  }),
});

const CPU = object({
  perStep: key(cost, 'each input: a message, a timer, a command, news of a connection', '0us'),
  perMessage: key(cost, 'each message that is received or sent', '0us'),
  perByte: key(cost, 'each byte that is received or sent', '0ns'),
  perSignature: key(cost, 'each signature that is made', '0us'),
  perVerification: key(cost, 'each signature that is checked', '0us'),
});

const CPU_HELP =
  'what work costs; inputs wait while the one server is busy, and what is sent leaves when the work is done. null: nothing';

const BEHAVIOUR_HELP =
  'what they are up to; figures and checks are about the others, and in the quiet tail all of them behave';

const REACHABILITY_HELP =
  'whether others can dial them; a dial to one behind-nat is answered by nobody and given up after 5 s, while its own dials succeed';

const CLASS = object({
  name: key(text, 'name of the class'),
  share: key(number(0, 1), 'share of the viewers; the shares of all classes sum to 1', 1),
  uplink: key(UPLINK, 'uplink lent to the overlay', { model: 'lognormal' }),
  downlink: key(rate, 'downlink of every node of the class', '50Mbit'),
  cpu: key(nullable(CPU), CPU_HELP, null),
  region: key(nullable(text), REGION_HELP, null),
  behaviour: key(word(Object.keys(BEHAVIOURS) as Behaviour[]), BEHAVIOUR_HELP, 'honest'),
  reachability: key(word(['open', 'behind-nat']), REACHABILITY_HELP, 'open'),
});

/** However many the index asks for. */
export const MOST_HELPERS = 1000;

const HELPERS = object({
  count: key(nullable(integer(1, MOST_HELPERS)), 'how many; null: what resourceIndex takes', null),
  resourceIndex: key(
    nullable(number(0.01, 1000)),
    'as many, but no more than 1000, as it takes for (publisher + sum of all uplinks) / (N x bitrate) to be this; null: count says how many',
    null,
  ),
  uplink: key(UPLINK, 'uplink that each of them lends', { model: 'factor', value: 10 }),
  downlink: key(rate, 'downlink of each of them', '50Mbit'),
  region: key(nullable(text), REGION_HELP, null),
});

const STREAM = object({
  bitrate: key(rate, 'mean payload rate', '500kbit'),
  chunkTime: key(duration, 'time between chunks', '100ms'),
  keyframeEvery: key(duration, 'time between keyframes, a multiple of chunkTime', '1s'),
  keyframeFactor: key(number(1, 50), 'size of a keyframe chunk over the mean chunk', 6),
  substreams: key(integer(1, LIMITS.substreams - 1), 'K: sub-streams the chunks are dealt to', 4),
  targetLag: key(duration, 'the player shows a chunk this long after its source time', `${DEFAULTS.targetLag / MS}ms`),
  deadline: key(duration, 'D: a chunk counts when it is complete this long after its source time', '3s'),
});

const SESSIONS = tagged('model', {
  stay: object({}),
  exponential: object({ mean: key(duration, 'mean time from join to leave', '400s') }),
  lognormal: object({
    median: key(duration, 'half stay for less', '188s'),
    sigma: key(number(0, 4), 'standard deviation of the logarithm', 1.5443),
  }),
  weibull: object({
    shape: key(
      number(0.2, 10),
      'below 1 the longer somebody has stayed, the longer it will be; 1 is exponential',
      0.59,
    ),
    scale: key(duration, '63 % stay for less', '2514s'),
  }),
});

const ARRIVALS = tagged('model', {
  ramp: object({}),
  trace: object({ visits: key(VISITS, 'who comes and goes when; viewers then is the most that are there at once') }),
  crowd: object({
    initial: key(number(0, 1), 'share of the viewers that arrive within the ramp', 0.1),
    at: key(duration, 'when the crowd begins to come'),
    within: key(duration, 'the others arrive within this time, most of them in its middle (logistic)', '60s'),
  }),
});

const CLIFF = object({
  at: key(duration, 'when it begins'),
  share: key(number(0, 1), 'share of those present that leave'),
  within: key(duration, 'they leave within this time, evenly', '60s'),
});

const NETWORK = object({
  geography: key(word(['default']), 'model of regions and latencies', 'default'),
  latency: key(nullable(LATENCY), 'delays between places of your own; null: those of the six regions', null),
  lastMile: key(flag, 'each end adds 2 to 30 ms; false where latency is between end hosts', true),
  loss: key(number(0, 0.5), 'share of segments lost; on an ordered connection a loss is a delay', 0.005),
});

const TARGET = object({
  metric: key(text, 'name of a figure with dots, as in continuity.mean'),
  atLeast: key(nullable(number(-1e12, 1e12)), 'the figure is to be this or more', null),
  atMost: key(nullable(number(-1e12, 1e12)), 'the figure is to be this or less', null),
});

function ms(value: number): string {
  return `${value / MS}ms`;
}

const SETTINGS = object({
  tickAfter: key(duration, 'a tick is sent on an active edge after this silence', ms(DEFAULTS.tickAfter)),
  suspectAfter: key(duration, 'an active edge is suspect after this silence', ms(DEFAULTS.suspectAfter)),
  leaseProvider: key(duration, 'lease as the provider counts it', ms(DEFAULTS.leaseProvider)),
  leaseConsumer: key(duration, 'lease as the consumer counts it', ms(DEFAULTS.leaseConsumer)),
  renewEvery: key(duration, 'time between renewals', ms(DEFAULTS.renewEvery)),
  offerTtl: key(duration, 'time an offer is held', ms(DEFAULTS.offerTtl)),
  recordTtl: key(duration, 'time a directory record lives', ms(DEFAULTS.recordTtl)),
  announceEvery: key(duration, 'time between announcements to the directory', ms(DEFAULTS.announceEvery)),
  leaveGrace: key(duration, 'time a leaving node goes on serving', ms(DEFAULTS.leaveGrace)),
  maxChildren: key(integer(1, LIMITS.children), 'children a supernode takes', DEFAULTS.maxChildren),
  registerEvery: key(duration, 'time between registrations with the primary supernode', ms(DEFAULTS.registerEvery)),
  registerLease: key(duration, 'a primary that is silent for so long is given up', ms(DEFAULTS.registerLease)),
  standby: key(flag, 'whether nodes hold standby tickets', DEFAULTS.standby),
  repairShare: key(number(0.01, 1), 'share of the uplink that pulls may take', DEFAULTS.repairShare),
  feasibility: key(text, 'name of the policy that keeps the overlay free of loops', DEFAULTS.feasibility),
  admission: key(text, 'name of the policy that admits consumers', DEFAULTS.admission),
  selection: key(text, 'name of the policy that ranks candidates', DEFAULTS.selection),
});

/** The published shape of a scenario file, without its variants. */
export const SCENARIO = object({
  name: key(text, 'short name, used in file names'),
  title: key(text, 'what the scenario is about', 'untitled'),
  viewers: key(integer(1, 200_000), 'N: viewers that the arrivals keep', 200),
  duration: key(duration, 'virtual time of the run', '6m'),
  ramp: key(duration, 'N viewers arrive within this time; afterwards arrivals replace leaves', '1m'),
  stream: key(STREAM, 'the one stream of the run', {}),
  publisher: key(
    object({
      uplink: key(UPLINK, 'uplink the publisher lends', { model: 'factor', value: 10 }),
      downlink: key(rate, 'its downlink', '50Mbit'),
      cpu: key(nullable(CPU), CPU_HELP, null),
      region: key(nullable(text), REGION_HELP, null),
    }),
    'the source',
    {},
  ),
  helpers: key(
    nullable(HELPERS),
    'nodes that are run for the publisher: they relay like viewers and nobody watches there; null: none',
    null,
  ),
  classes: key(list(CLASS, 1, 16), 'classes of viewers', [{ name: 'viewer' }]),
  capacities: key(
    nullable(CAPACITIES),
    'lines of the viewers from a table; they take the place of the uplinks and shares of the classes, null: there is none',
    null,
  ),
  resourceIndex: key(
    nullable(number(0.01, 1000)),
    'uplinks of the viewers are scaled so that (publisher + sum of uplinks) / (N x bitrate) is this; null: as drawn, which is the default with capacities or a trace',
    2,
  ),
  sessions: key(SESSIONS, 'how long viewers stay; the first N as if they were met in the midst of it', {
    model: 'stay',
  }),
  arrivals: key(ARRIVALS, 'how the viewers come', { model: 'ramp' }),
  cliff: key(nullable(CLIFF), 'many leave at once; the figures afterFault are about it unless a fault is marked', null),
  crashShare: key(number(0, 1), 'share of the leaves that are crashes without a FIN', 0.5),
  network: key(NETWORK, 'network model', {}),
  faults: key(list(FAULT, 0, 10_000), 'fault plan', []),
  protocol: key(text, 'name of the protocol under test', 'astral'),
  settings: key(SETTINGS, 'what every node is told; one default serves all workloads', {}),
  check: key(word(['off', 'cheap', 'all']), 'which invariants are checked', 'cheap'),
  targets: key(list(TARGET, 0, 64), 'what the figures are held against in the printed table', []),
  quiet: key(duration, 'tail without arrivals, leaves and faults in which liveness is demanded', '12s'),
});

/** A scenario as the simulator runs it: microseconds and bits per second, every default filled in. */
export type Scenario = Read<typeof SCENARIO>;
export type Target = Read<typeof TARGET>;
export type UplinkModel = Read<typeof UPLINK>;
export type NodeClass = Read<typeof CLASS>;
