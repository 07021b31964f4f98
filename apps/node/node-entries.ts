import type { View } from '../../core/view.js';
import { hostAndPort } from './addresses.js';
import type { NodeEntry } from './control/node-port.js';

/** Ids of nodes are unpadded base32 of a SHA-256 hash; directories, which are peers too, have names of another kind. */
const NODE_ID = /^[a-z2-7]{52}$/;

/** The nodes that a view names as peers. */
export function nodesIn(view: View): NodeEntry[] {
  return view.peers.filter(({ peer }) => NODE_ID.test(peer)).map(({ peer, address }) => entryOf(peer, address, false));
}

/** A node as the API shows it, by its id and the address that peers dial. */
export function entryOf(uuid: string, address: string | null, supernode: boolean): NodeEntry {
  const { host, port } = hostAndPort(address);
  return { uuid, ip_address: host, port, supernode };
}
