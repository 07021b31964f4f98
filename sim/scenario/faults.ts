import { duration, key, nullable, number, object, text, word } from './schema.js';

/** One entry of the fault plan. */
export const FAULT = object({
  at: key(duration, 'when it strikes'),
  kind: key(word(['crash', 'restart', 'leave', 'partition']), 'what happens'),
  target: key(text, 'whom it strikes'),
  param: key(nullable(number(0, 1)), 'how hard', null),
  for: key(nullable(duration), 'how long it lasts', null),
});
