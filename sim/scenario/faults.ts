import { FAULTS, type FaultKind } from '../faults.js';
import { GROUPS, SELECTIONS } from '../targets.js';
import { duration, flag, key, nullable, number, object, text, textual, word } from './schema.js';

const WORDS = [...Object.keys(GROUPS), ...Object.keys(SELECTIONS)];

/** A misspelt target would strike nobody, and the run would seem to have survived it. */
const target = textual(`^(${WORDS.join('|')}|[a-z]+[0-9]+)$`, `${WORDS.join(', ')} or a node such as "v17"`, (value) =>
  WORDS.includes(value) || /^[a-z]+[0-9]+$/.test(value) ? value : null,
);

/** One entry of the fault plan. */
export const FAULT = object({
  at: key(duration, 'when it strikes'),
  kind: key(word(Object.keys(FAULTS) as FaultKind[]), 'what happens'),
  target: key(
    target,
    'whom it strikes: a node, viewer, publisher, directory, helper, all, interior (one that relays) or most-descendants',
  ),
  region: key(
    nullable(text),
    'only those who are in this region, or at this place of network.latency; null: all',
    null,
  ),
  param: key(
    nullable(number(0, 30_000)),
    'ms for latency, ms a step for slow-node, share of segments for loss, share of the rate for slow-uplink; else the share of the targets',
    null,
  ),
  share: key(nullable(number(0, 1)), 'share of the targets, drawn when it strikes; null: all', null),
  for: key(nullable(duration), 'how long it lasts', null),
  every: key(nullable(duration), 'strikes again and again, this far apart', null),
  until: key(nullable(duration), 'no repetition from then on; null: to the end of the run', null),
  replace: key(flag, 'somebody with the same line joins in the instant of a crash or leave', false),
  marked: key(flag, 'the figures afterFault are about this one', false),
});
