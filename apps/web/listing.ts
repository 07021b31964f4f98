/** A node as the directory lists it: the keys of 2011. */
export interface ListedNode {
  readonly uuid: string;
  readonly ip_address: string | null;
  readonly port: number | null;
  readonly supernode: boolean;
}

/** A stream as the directory lists it: the keys of 2011, and its canonical id. */
export interface ListedStream {
  readonly name: string;
  readonly slug: string;
  readonly description: string;
  /** Node id of the publisher; null while it has not announced itself. */
  readonly source: string | null;
  readonly id: string;
  /** Nodes that have it. */
  readonly nodes: number;
}

/** What the pages and the JSON routes read. */
export interface Listing {
  nodes(): ListedNode[];
  /** By its id. */
  node(uuid: string): ListedNode | null;
  streams(): ListedStream[];
  /** By slug or id. */
  stream(slug: string): ListedStream | null;
}
