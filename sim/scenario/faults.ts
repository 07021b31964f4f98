import { FAULTS, type FaultKind } from '../faults.js';
import { duration, key, nullable, number, object, text, word } from './schema.js';

/** One entry of the fault plan. */
export const FAULT = object({
  at: key(duration, 'when it strikes'),
  kind: key(word(Object.keys(FAULTS) as FaultKind[]), 'what happens'),
  target: key(text, 'whom it strikes: a node, viewer, publisher, directory, or all'),
  param: key(nullable(number(0, 1)), 'share of them, drawn when it strikes; null: all', null),
  for: key(nullable(duration), 'how long it lasts', null),
});
