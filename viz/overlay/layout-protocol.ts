import type { NodeId } from '../../core/units.js';

export type LayoutMode = 'force' | 'rings';

/** What the page tells the layout. */
export type LayoutRequest =
  | {
      readonly type: 'graph';
      readonly mode: LayoutMode;
      readonly ids: readonly NodeId[];
      /** Pairs of positions in `ids`, each pair once. */
      readonly links: Int32Array<ArrayBuffer>;
      /** Hops from the publisher, -1 where unknown, for each id. */
      readonly depth: Int8Array<ArrayBuffer>;
    }
  | { readonly type: 'hold'; readonly id: NodeId; readonly x: number; readonly y: number }
  | { readonly type: 'release'; readonly id: NodeId };

/** What the layout answers: x and y of each id of the graph of that number, counted from 1. */
export interface LayoutAnswer {
  readonly graph: number;
  readonly positions: Float32Array<ArrayBuffer>;
}
