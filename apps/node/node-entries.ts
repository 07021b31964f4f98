import type { View } from '../../core/view.js';
import { hostAndPort } from './addresses.js';
import type { NodeEntry } from './control/node-port.js';

/** Ids of nodes are unpadded base32 of a SHA-256 hash; directories, which are peers too, have names of another kind. */
const NODE_ID = /^[a-z2-7]{52}$/;

/** The node that a view is of. @param address what its peers dial, null when they cannot */
export function meIn({ node, role, primary }: View, address: string | null): NodeEntry {
  return entryOf(node, address, role === 'supernode', primary ?? null);
}

/** The nodes that a view names: peers, the supernodes it has heard of, and those registered with it. */
export function nodesIn(view: View): NodeEntry[] {
  const addresses = new Map(view.peers.map(({ peer, address }) => [peer, address]));
  const supernodes = new Set(view.supernodes);
  const children = new Set(view.children);
  const all = new Set([...addresses.keys(), ...supernodes, ...children]);
  all.delete(view.node);
  return [...all]
    .filter((id) => NODE_ID.test(id))
    .map((id) => entryOf(id, addresses.get(id) ?? null, supernodes.has(id), children.has(id) ? view.node : null));
}

function entryOf(uuid: string, address: string | null, supernode: boolean, primary: string | null): NodeEntry {
  const { host, port } = hostAndPort(address);
  const known = { uuid, ip_address: host, port, supernode };
  return primary === null ? known : { ...known, primary_supernode_uuid: primary };
}
