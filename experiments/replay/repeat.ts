import { SECOND, type Time } from '../../core/units.js';
import { firstDifferent, type Difference, type InputRecord } from '../../sim/inputs.js';
import { readInputs } from '../inputs-file.js';
import type { Entry } from '../protocols.js';
import type { RecordedRun } from './recorded-run.js';

/** How a run that was repeated compares with what was recorded of it. */
export type Repeat =
  | { readonly same: true; readonly events: number; readonly digest: string }
  | {
      readonly same: false;
      /** The runs are alike up to event `from` and differ before event `to`, both counted from 0. */
      readonly from: number;
      readonly to: number;
      /** Virtual time of those events in the repetition; null where it ended before. */
      readonly fromAt: Time | null;
      readonly toAt: Time | null;
      /** The very event, the recorded one first; null when the run directory keeps no inputs. */
      readonly difference: Difference | null;
      /** Digests at `to`, the recorded one first. */
      readonly digests: readonly [string, string];
    };

export interface RepeatOptions {
  readonly onProgress?: (share: number) => void;
}

/**
 * Executes a recorded run again and compares. It stops soon after the first piece that differs, and keeps no more than
 * one piece in memory.
 */
export async function repeat(recorded: RecordedRun, entry: Entry, options: RepeatOptions = {}): Promise<Repeat> {
  const { scenario, seed } = recorded;
  const every = recorded.prefixes?.every ?? Infinity;
  const known = recorded.prefixes?.digests ?? [];
  let piece: InputRecord[] = [];
  let from = 0;
  let parted = false;
  const run = entry.begin(scenario, {
    seed,
    check: 'off',
    inputs: (record) => {
      if (parted) return;
      if (piece.length === every) {
        const index = from / every;
        if (run.digests[index] !== known[index]) {
          parted = true;
          return;
        }
        from += every;
        piece = [];
      }
      if (recorded.prefixes !== null) piece.push(record);
    },
  });
  for (let at = SECOND; !parted && run.now < scenario.duration; at += SECOND) {
    run.runTo(at);
    options.onProgress?.(Math.min(1, at / scenario.duration));
  }
  if (!parted && run.digest === recorded.digest) return { same: true, events: run.events, digest: run.digest };
  const difference =
    recorded.inputs === null
      ? null
      : firstDifferent(await readInputs(recorded.inputs, from, from + every), piece, from);
  const index = from / every;
  return {
    ...{ same: false, from, to: Math.min(from + every, Math.max(recorded.events, run.events)), difference },
    fromAt: piece[0]?.at ?? null,
    toAt: piece.at(-1)?.at ?? null,
    digests: [known[index] ?? recorded.digest, run.digests[index] ?? run.digest],
  };
}
