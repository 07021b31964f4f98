import { existsSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import type { JsonObject, Scenario } from '../sim/scenario.js';
import { makeFolder } from './make-folder.js';
import { InputsFile } from './inputs-file.js';
import { RecordingFile } from './recording-file.js';
import type { TimedResult } from './timed.js';
import { TraceFile } from './trace-file.js';

/** Name of the file that `astral view` draws. */
export const RECORDING = 'recording.ndjson.gz';

/** Name of the file with every input, kept beside a trace. */
export const INPUTS = 'inputs.ndjson.gz';

/** Name of the file with the digests on the way. */
export const DIGESTS = 'digests.json';

const TRACE = 'trace.ndjson.gz';
const VIEWERS = 'viewers.parquet';
const TIMELINE = 'timeline.parquet';
/** Results of a run, which must not stand beside the scenario of another that was interrupted. */
const RESULTS = [RECORDING, TRACE, INPUTS, DIGESTS, VIEWERS, TIMELINE, 'summary.json', 'report.html'];

/** What `digests.json` holds: `prefixes[i]` is the digest after `(i + 1) * every` inputs. */
export interface DigestsDocument {
  readonly schema: 'astral.digests/1';
  /** The Node.js that ran it. */
  readonly node: string;
  readonly every: number;
  readonly prefixes: readonly string[];
}

/** Where the result of one run is kept: `scenario.json`, `summary.json`, `digests.json`, two Parquet tables and perhaps a trace. */
export class RunDirectory {
  readonly path: string;

  /** Makes the directory, with the complete scenario in it. What an earlier run kept there and this one may not, goes. */
  constructor(path: string, scenario: JsonObject) {
    this.path = path;
    makeFolder(path);
    for (const name of RESULTS) rmSync(join(path, name), { force: true });
    writeFileSync(join(path, 'scenario.json'), `${JSON.stringify(scenario, null, 2)}\n`);
  }

  trace(): TraceFile {
    return new TraceFile(join(this.path, TRACE));
  }

  inputs(): InputsFile {
    return new InputsFile(join(this.path, INPUTS));
  }

  /** What `astral view` draws; close it with the document of the run. */
  recording(scenario: Scenario, seed: number): RecordingFile {
    return new RecordingFile(join(this.path, RECORDING), scenario, seed);
  }

  write(result: TimedResult): void {
    writeFileSync(join(this.path, 'summary.json'), `${JSON.stringify(result.document, null, 2)}\n`);
    const { digestEvery: every, digests: prefixes } = result;
    const digests: DigestsDocument = { schema: 'astral.digests/1', node: process.version, every, prefixes };
    writeFileSync(join(this.path, DIGESTS), `${JSON.stringify(digests)}\n`);
    writeTable(join(this.path, VIEWERS), result.viewers);
    const { timeline } = result;
    const second = Float64Array.from(timeline.viewers, (_, index) => index);
    writeTable(join(this.path, TIMELINE), { second, ...timeline });
  }
}

/** A fresh directory name below `root`: time, scenario, protocol and seed. `now` is wall time. */
export function runPath(root: string, now: Date, scenario: string, protocol: string, seed: number): string {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const name = `${time}-${scenario}-${protocol}-${seed}`.replaceAll(/[^\w@.-]/g, '_');
  let path = join(root, name);
  for (let copy = 2; existsSync(path); copy++) path = join(root, `${name}-${copy}`);
  return path;
}

/** Points `latest` beside the directory to it; the old link is replaced in one step. */
export function linkLatest(path: string): void {
  const link = join(dirname(path), 'latest');
  const fresh = `${link}.${process.pid}`;
  rmSync(fresh, { force: true });
  symlinkSync(basename(path), fresh);
  renameSync(fresh, link);
}

type Cells = ArrayLike<string | number | boolean | null>;

function writeTable(filename: string, table: Readonly<Record<string, Cells>>): void {
  const columnData = Object.entries(table).map(([name, cells]) => {
    // What is no number has no place in a table: a query would make nothing of its mean.
    const data = Array.from(cells, (cell) => (Number.isNaN(cell) ? null : cell));
    return { name, data, type: typeOf(data) };
  });
  parquetWriteFile({ filename, columnData });
}

/** Numbers are doubles throughout, so that a column has one type whatever the run. */
function typeOf(cells: readonly unknown[]): 'STRING' | 'BOOLEAN' | 'DOUBLE' {
  const first = cells.find((cell) => cell !== null);
  if (typeof first === 'string') return 'STRING';
  return typeof first === 'boolean' ? 'BOOLEAN' : 'DOUBLE';
}
