import type { Contact, Crypto, Rng } from '../../../core/machine.js';
import type { Config, Identity } from '../../../core/config.js';
import type { NodeId } from '../../../core/units.js';
import { REGIONS, type Region } from '../../../sim/geography.js';
import { addressOf } from '../../../sim/network-dials.js';
import { PUBLISHER } from '../../../sim/plant.js';
import type { Contender, Helper } from '../../../sim/simulate.js';
import { encodedBytes, type Message } from './messages.js';
import { EdgeNode, ORIGIN_ROOM, type Duty } from './node.js';
import { Router } from './router.js';

/** Viewers that one edge is planned for, and those it takes when another edge is gone. */
const PLANNED = 100;
const ROOM = 400;
/** Line of a relay in a data centre, bits per second. */
const LINE = 1e9;
const ORIGIN: NodeId = 'origin';

/** The neighbour regions between which the stream is handed on: short ways, since a long one with loss is a slow one. */
const BACKBONE: readonly (readonly [Region, Region])[] = [
  ['n-america', 'europe'],
  ['n-america', 's-america'],
  ['n-america', 'japan'],
  ['japan', 'asia-pacific'],
  ['asia-pacific', 'australia'],
];

/**
 * A delivery network of relays: the publisher feeds an origin near it, from there the stream goes to a hub in every
 * region and to the edges around the hub, and an edge feeds the viewers that are near.
 */
export const originEdge: Contender<Message> = {
  protocol: {
    name: 'origin-edge',
    create: (identity, config, _rng, crypto) => new EdgeNode(identity, config, { kind: 'end' }, crypto),
    encodedBytes,
    carriesChunk: (message) => message.type === 'chunk',
  },
  createDirectory: () => new Router(),
  lacks: ['ticket', 'supernode'],
  helpers: ({ viewers }, publisher) => {
    const towards = feeders(publisher);
    const edges = Array.from({ length: Math.max(REGIONS.length, Math.ceil(viewers / PLANNED)) }, (_, index) => {
      const site = index % REGIONS.length;
      const region = REGIONS[site] as Region;
      const feeder = index < REGIONS.length ? towards.get(region) : region;
      const sources = feeder === undefined ? [ORIGIN] : [hubOf(feeder), ORIGIN];
      return relay(nameOf(index), region, { kind: 'relay', sources: sources.map(contact), room: ROOM, site });
    });
    const duty: Duty = { kind: 'relay', sources: [contact(PUBLISHER)], room: ORIGIN_ROOM, site: null };
    return [relay(ORIGIN, publisher, duty), ...edges];
  },
};

/** For every region but the publisher's: the neighbour towards it. */
function feeders(publisher: Region): Map<Region, Region> {
  const found = new Map<Region, Region>();
  const reached: Region[] = [publisher];
  for (const region of reached) {
    for (const [a, b] of BACKBONE) {
      const next = a === region ? b : b === region ? a : null;
      if (next === null || reached.includes(next)) continue;
      found.set(next, region);
      reached.push(next);
    }
  }
  return found;
}

function nameOf(index: number): NodeId {
  return `edge${index + 1}`;
}

/** The first edge of each region feeds the others there, and the next region. */
function hubOf(region: Region): NodeId {
  return nameOf(REGIONS.indexOf(region));
}

function relay(id: NodeId, region: Region, duty: Duty): Helper<Message> {
  const create = (identity: Identity, config: Config, _rng: Rng, crypto: Crypto): EdgeNode =>
    new EdgeNode(identity, config, duty, crypto);
  return { id, region, uplink: LINE, downlink: LINE, create };
}

function contact(node: NodeId): Contact {
  return { node, address: addressOf(node) };
}
