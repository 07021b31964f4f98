import type { NodeState } from './state.js';

/** A node's name, or so much of its id as tells it apart. */
export function labelOf({ name, id }: Pick<NodeState, 'name' | 'id'>): string {
  return name ?? shortId(id);
}

export function shortId(id: string): string {
  return id.length > 12 ? `${id.slice(0, 7)}…` : id;
}
