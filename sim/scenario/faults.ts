import { duration, key, nullable, number, object, text, word } from './schema.js';

/** What can befall a run. */
export const FAULT_KINDS = {
  crash: 'the node ends at once and nobody is told',
  restart: 'the node ends at once and starts again with what it kept',
  leave: 'the node hands its consumers over and goes',
  partition: 'nothing passes between two sides',
} as const;

/** One entry of the fault plan. */
export const FAULT = object({
  at: key(duration, 'when it strikes'),
  kind: key(word(Object.keys(FAULT_KINDS) as (keyof typeof FAULT_KINDS)[]), 'what happens'),
  target: key(text, 'whom it strikes'),
  param: key(nullable(number(0, 1)), 'how hard', null),
  for: key(nullable(duration), 'how long it lasts', null),
});
