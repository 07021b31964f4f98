import type { NodeId } from '../../core/units.js';

export type LayoutMode = 'force' | 'rings';

/** What the page tells the layout. */
export type LayoutRequest =
  | {
      readonly type: 'graph';
      readonly mode: LayoutMode;
      readonly ids: readonly NodeId[];
      /** Pairs of positions in `ids`, parent and child, each child once; children of one parent in the order wanted. */
      readonly links: Int32Array<ArrayBuffer>;
      /** Positions in `ids`. */
      readonly publishers: readonly number[];
    }
  | { readonly type: 'hold'; readonly id: NodeId; readonly x: number; readonly y: number }
  | { readonly type: 'release'; readonly id: NodeId };

/** What the layout answers: x and y of each id of the graph of that number, counted from 1. */
export interface LayoutAnswer {
  readonly graph: number;
  readonly positions: Float32Array<ArrayBuffer>;
}
