import { SECOND, type Time } from '../../core/units.js';
import type { Scenario } from '../../sim/scenario.js';
import type { SimDocument, SimResult } from '../../sim/simulate.js';
import type { Entry, Running } from '../protocols.js';
import type { RecordedRun } from './recorded-run.js';

/** Counts over the seconds after a fork, and shares made of them; null for a share of nothing. */
export interface AfterFork {
  readonly seconds: number;
  readonly viewersMean: number | null;
  readonly shown: number | null;
  readonly missed: number;
  readonly repaired: number | null;
  readonly duplicates: number | null;
  readonly suspected: number;
  readonly lost: number;
  readonly replaced: number;
  readonly joins: number;
  readonly leaves: number;
  readonly crashes: number;
}

/** What became of one future. */
export interface Future {
  readonly document: SimDocument;
  readonly after: AfterFork;
}

export interface Fork {
  /** Where the futures part: virtual time, events handled by then, and the digest of all of them. */
  readonly at: Time;
  readonly events: number;
  readonly digest: string;
  /** How many digests of the recorded run this past was held against. */
  readonly checked: number;
  readonly recorded: Future;
  readonly changed: Future;
}

/** The past does not come out as it was recorded, so that no future of it can be shown. */
export class OtherPast extends Error {}

/** Runs a recorded run again up to `at`. Throws an `OtherPast` when its digests on the way are not those recorded. */
export function travel(recorded: RecordedRun, entry: Entry, at: Time, onProgress: (now: Time) => void): Running {
  const run = entry.begin(recorded.scenario, { seed: recorded.seed, version: recorded.version, onProgress });
  run.runTo(at);
  const { prefixes } = recorded;
  const wrong = run.digests.findIndex((digest, index) => prefixes !== null && prefixes.digests[index] !== digest);
  if (wrong >= 0) {
    throw new OtherPast(
      `the past of ${recorded.path} does not repeat: event ${wrong * run.digestEvery + 1} to ${(wrong + 1) * run.digestEvery} differ; astral replay without --at tells more`,
    );
  }
  return run;
}

/** The same past twice, then the future that was recorded and one of another scenario. */
export function fork(
  recorded: RecordedRun,
  entry: Entry,
  to: { readonly at: Time; readonly scenario: Scenario },
  onProgress: (share: number) => void,
): Fork {
  const { duration } = recorded.scenario;
  const { at } = to;
  const one = travel(recorded, entry, at, (now) => onProgress(now / duration / 2));
  const { events, digest } = one;
  const checked = recorded.prefixes === null ? 0 : one.digests.length;
  const first = one.finish();
  if (first.document.digest !== recorded.digest) {
    throw new OtherPast(`${recorded.path} does not repeat; astral replay without --at tells more`);
  }
  const two = travel(recorded, entry, at, (now) => onProgress(0.5 + now / duration / 2));
  if (two.digest !== digest) throw new OtherPast(`two executions differ before ${at / SECOND} s`);
  two.change(to.scenario);
  return { at, events, digest, checked, recorded: futureOf(first, at), changed: futureOf(two.finish(), at) };
}

function futureOf(result: SimResult, at: Time): Future {
  return { document: result.document, after: afterFork(result.timeline, at) };
}

/** Whole seconds only: the one in which a fork lies belongs to the past. */
function afterFork(timeline: SimResult['timeline'], at: Time): AfterFork {
  const begin = Math.ceil(at / SECOND);
  const sum = (column: keyof typeof timeline): number =>
    timeline[column].subarray(begin).reduce((total, each) => total + each, 0);
  const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
  const seconds = Math.max(0, timeline.viewers.length - begin);
  const [played, missed, received, repaired] = [sum('played'), sum('missed'), sum('received'), sum('repaired')];
  return {
    seconds,
    viewersMean: share(sum('viewers'), seconds),
    shown: share(played, played + missed),
    missed,
    repaired: share(repaired, received + repaired),
    duplicates: share(sum('duplicates'), received + repaired),
    suspected: sum('suspected'),
    lost: sum('lost'),
    replaced: sum('replaced'),
    joins: sum('joins'),
    leaves: sum('leaves'),
    crashes: sum('crashes'),
  };
}
