import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../sim/scenario.js';
import { makeFolder } from '../make-folder.js';
import type { TimedDocument } from '../timed.js';
import { writeDurably } from './durable.js';
import type { Point, RunName } from './point.js';
import type { Study } from './study.js';

const MANIFEST = 'manifest.json';
const RUNS = 'runs';

/** What a sweep's directory is for: enough to name every run without the study file. */
export interface Manifest {
  readonly schema: 'astral.sweep-manifest/1';
  readonly version: string;
  /** Fingerprint of the code that decides how a run goes. */
  readonly build: string;
  /** Of all that decides what the runs are: scenarios with their defaults, protocols, parameters, seeds. */
  readonly hash: string;
  readonly name: string;
  readonly title: string;
  readonly question: string;
  readonly study: JsonObject;
  readonly points: readonly Point[];
  readonly seeds: readonly number[];
}

/** One finished run, as `runs/<index>.json` keeps it. */
export interface FinishedRun {
  readonly run: RunName;
  readonly document: TimedDocument;
}

/** A directory that cannot be used for this; the message says why and what to do. */
export class SweepRefusal extends Error {
  override readonly name = 'SweepRefusal';
}

export function manifestOf(study: Study, version: string, build: string): Manifest {
  const { name, title, question, seeds, cells, document } = study;
  const identity = JSON.stringify([
    cells.map((cell) => cell.document),
    cells.map(({ parameters }) => parameters),
    seeds,
  ]);
  return {
    schema: 'astral.sweep-manifest/1',
    version,
    build,
    hash: createHash('sha256').update(identity).digest('hex').slice(0, 16),
    name,
    title,
    question,
    study: document,
    points: cells.map(({ scenarioName, protocol, parameters }) => ({ scenarioName, protocol, parameters })),
    seeds,
  };
}

/**
 * Finished runs of one sweep, a file each. A run counts once its file has its name, which happens in one step, so that
 * whoever is killed loses only what was under way.
 */
export class SweepDirectory {
  readonly path: string;
  readonly manifest: Manifest;

  private constructor(path: string, manifest: Manifest) {
    this.path = path;
    this.manifest = manifest;
  }

  /** Makes the directory, or goes on with one of the same study and build. */
  static begin(path: string, manifest: Manifest): SweepDirectory {
    if (existsSync(path) && !existsSync(join(path, MANIFEST)) && readdirSync(path).some((name) => name !== RUNS))
      throw new SweepRefusal(`${path} holds other files and no sweep; give --out a new directory`);
    makeFolder(join(path, RUNS));
    writeDurably(join(path, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, true);
    const there = SweepDirectory.open(path);
    const { hash, build } = there.manifest;
    if (hash !== manifest.hash)
      throw new SweepRefusal(
        `${path} holds another study (${there.manifest.name}, ${hash}, not ${manifest.name}, ${manifest.hash}); give --out a new directory`,
      );
    if (build !== manifest.build)
      throw new SweepRefusal(
        `${path} was begun by another build of astral (${there.manifest.version}, ${build}), and runs of two builds cannot be compared; give --out a new directory`,
      );
    return there;
  }

  /** Opens what an earlier sweep made. */
  static open(path: string): SweepDirectory {
    const file = join(path, MANIFEST);
    if (!existsSync(file)) throw new SweepRefusal(`${path} holds no sweep: there is no ${MANIFEST} in it`);
    return new SweepDirectory(path, JSON.parse(readFileSync(file, 'utf8')) as Manifest);
  }

  get size(): number {
    return this.manifest.points.length * this.manifest.seeds.length;
  }

  /** The run at a place of the results, from 0. */
  nameOf(index: number): RunName {
    const { points, seeds } = this.manifest;
    const point = points[Math.floor(index / seeds.length)];
    const seed = seeds[index % seeds.length];
    if (point === undefined || seed === undefined) throw new RangeError(`there is no run ${index}`);
    return { ...point, seed };
  }

  /** Places of all runs that are finished. */
  finished(): Set<number> {
    const found = readdirSync(join(this.path, RUNS)).flatMap((name) => /^(\d{6})\.json$/.exec(name)?.[1] ?? []);
    return new Set(found.map(Number).filter((index) => index < this.size));
  }

  keep(index: number, document: TimedDocument): void {
    const finished: FinishedRun = { run: this.nameOf(index), document };
    writeDurably(this.#file(index), `${JSON.stringify(finished)}\n`);
  }

  read(index: number): FinishedRun {
    const file = this.#file(index);
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as FinishedRun;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new SweepRefusal(`${file} is damaged (${error.message}); remove it, and astral sweep does that run again`);
    }
  }

  /** Removes what a killed process left half written of these runs. */
  tidy(indices: ReadonlySet<number>): void {
    for (const name of readdirSync(join(this.path, RUNS))) {
      const [, index] = /^(\d{6})\.json\..*\.tmp$/.exec(name) ?? [];
      if (index !== undefined && indices.has(Number(index))) rmSync(join(this.path, RUNS, name), { force: true });
    }
  }

  #file(index: number): string {
    return join(this.path, RUNS, `${String(index).padStart(6, '0')}.json`);
  }
}
