import type { CheckLevel } from '../sim/checkers/panel.js';
import type { JsonObject, Scenario } from '../sim/scenario.js';
import { PROTOCOLS } from './protocols.js';
import { RunDirectory } from './run-directory.js';
import type { TimedDocument } from './timed.js';

/** One run that a worker can do: plain data. */
export interface Job {
  readonly scenario: Scenario;
  readonly protocol: string;
  readonly seed: number;
  readonly version: string;
  readonly check?: CheckLevel;
  /** Where the run is kept, nowhere unless given; `record` keeps what `astral view` draws, too. */
  readonly keep?: { readonly path: string; readonly document: JsonObject; readonly record: boolean };
}

/** Does one job from start to end in this thread. */
export function runJob(job: Job, onProgress: (share: number) => void): TimedDocument {
  const { protocol, seed, version, check, keep } = job;
  const scenario = { ...job.scenario, protocol };
  const entry = PROTOCOLS.get(protocol);
  if (entry === undefined) throw new RangeError(`no protocol ${protocol}`);
  const directory = keep === undefined ? null : new RunDirectory(keep.path, { ...keep.document, protocol });
  const recording = keep?.record === true ? directory?.recording(scenario, seed) : undefined;
  const result = entry.simulate(scenario, {
    seed,
    version,
    onProgress: (now, end) => onProgress(now / end),
    ...(check === undefined ? {} : { check }),
    ...(recording === undefined ? {} : { recorder: recording }),
  });
  recording?.close(result.document);
  directory?.write(result);
  return result.document;
}
