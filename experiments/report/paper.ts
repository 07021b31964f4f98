import { parseHTML } from 'linkedom';
import type { Paper } from '../../viz/charts/paper.js';

/** A document to draw charts in, where there is no browser. */
export function newPaper(): Paper {
  return {
    document: (parseHTML('<!doctype html><html><body></body></html>') as { readonly document: object }).document,
  };
}
