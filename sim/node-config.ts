import { DEFAULTS, type Config } from '../core/config.js';
import type { Contact } from '../core/machine.js';
import type { NodeId } from '../core/units.js';
import { addressOf } from './network-dials.js';
import type { Scenario } from './scenario/shape.js';

/** Whom a node may turn to when it knows nobody. */
export type Ways = Pick<Config, 'directory' | 'bootstrap'>;

/** The usual ways: the directory where there is one, else the publisher. */
export function usualWays(directory: NodeId | null, publisher: NodeId): Ways {
  const contact = (node: NodeId): Contact => ({ node, address: addressOf(node) });
  return directory === null
    ? { directory: [], bootstrap: [contact(publisher)] }
    : { directory: [contact(directory)], bootstrap: [] };
}

/** Names of the nodes that the ways lead to. */
export function nodesOf({ directory, bootstrap }: Ways): NodeId[] {
  return [...directory, ...bootstrap].flatMap(({ node }) => (node === null ? [] : [node]));
}

/** The configuration of one node of a scenario; `uplink` in bits per second. */
export function configOf(
  scenario: Scenario,
  node: { readonly id: NodeId; readonly uplink: number; readonly maxPeers: number; readonly ways: Ways },
): Config {
  return {
    ...DEFAULTS,
    ...scenario.settings,
    targetLag: scenario.stream.targetLag,
    endpoints: [addressOf(node.id)],
    directory: node.ways.directory,
    bootstrap: node.ways.bootstrap,
    uplink: node.uplink,
    maxPeers: node.maxPeers,
  };
}
