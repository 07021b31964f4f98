import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';

/** A heap snapshot as Chrome's developer tools read it: rows of numbers, described by `meta`. */
interface Snapshot {
  readonly snapshot: { readonly meta: Meta };
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly strings: readonly string[];
}
interface Meta {
  readonly node_fields: readonly string[];
  readonly node_types: readonly (readonly string[])[];
  readonly edge_fields: readonly string[];
  readonly edge_types: readonly (readonly string[])[];
}

/** What belongs to whoever holds it. */
const PLAIN = /^(?:Array|Object|Map|Set|WeakMap|WeakSet|ArrayBuffer|\w+Array)$/;
/** Chains of holders are short; longer ones are lists of the engine. */
const LONGEST = 40;

/** Bytes of all that is alive, by the class of the nearest object that holds it, most first. */
export type Owners = readonly (readonly [owner: string, bytes: number])[];

/** Takes a snapshot of this process and sums it up by owner; what the engine keeps for itself is left out. */
export function heapByOwner(): Owners {
  const folder = mkdtempSync(join(tmpdir(), 'astral-heap-'));
  try {
    const text = readFileSync(writeHeapSnapshot(join(folder, 'all.heapsnapshot')), 'utf8');
    return ownersOf(JSON.parse(text) as Snapshot);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Sums a snapshot up. */
export function ownersOf(all: Snapshot): Owners {
  const { nodes, strings } = all;
  const { meta } = all.snapshot;
  const width = meta.node_fields.length;
  const [type, name, size] = ['type', 'name', 'self_size'].map((field) => meta.node_fields.indexOf(field)) as [
    number,
    number,
    number,
  ];
  const types = meta.node_types[type] ?? [];
  const holders = holdersOf(all, width, meta.node_fields.indexOf('edge_count'));
  const typeOf = (node: number): string => types[nodes[node * width + type] ?? 0] ?? '';
  const nameOf = (node: number): string => strings[nodes[node * width + name] ?? 0] ?? '';
  const ownerOf = (start: number): string | null => {
    let node = start;
    for (let step = 0; step < LONGEST && node >= 0; step++) {
      const kind = typeOf(node);
      if (kind === 'code' || kind === 'object shape') return null;
      if (kind === 'closure' || nameOf(node).startsWith('system / Context')) return 'closures';
      if (kind === 'object' && !PLAIN.test(nameOf(node))) return nameOf(node);
      node = holders[node] ?? -1;
    }
    return null;
  };
  const sums = new Map<string, number>();
  for (let node = 0; node < nodes.length / width; node++) {
    const bytes = nodes[node * width + size] ?? 0;
    const owner = bytes === 0 ? null : ownerOf(node);
    if (owner !== null) sums.set(owner, (sums.get(owner) ?? 0) + bytes);
  }
  return [...sums].toSorted((a, b) => b[1] - a[1]);
}

/** Who was seen first to hold each object; -1 for nobody. */
function holdersOf({ nodes, edges, snapshot }: Snapshot, width: number, edgeCount: number): Int32Array {
  const { edge_fields: fields, edge_types: types } = snapshot.meta;
  const [kind, to] = [fields.indexOf('type'), fields.indexOf('to_node')];
  const weak = (types[kind] ?? []).indexOf('weak');
  const holders = new Int32Array(nodes.length / width).fill(-1);
  let edge = 0;
  for (let node = 0; node < holders.length; node++) {
    for (let left = nodes[node * width + edgeCount] ?? 0; left > 0; left--, edge += fields.length) {
      const held = (edges[edge + to] ?? 0) / width;
      // The root of all, node 0, holds what somebody nearer holds too.
      if (edges[edge + kind] !== weak && node !== 0 && holders[held] === -1) holders[held] = node;
    }
  }
  return holders;
}
