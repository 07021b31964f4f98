import type { Problem } from '../../core/config.js';
import { csvOf, type TableKind } from './data.js';
import { isObject, type Json, type JsonObject } from './schema.js';

/** A table as a file gave it. `locate` turns a path inside the value into a place in the file; null if it knows none. */
export type TableRead =
  | { readonly ok: true; readonly value: Json; locate(path: string): string | null }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the file that a scenario names; the one who loads a scenario has it, the simulator reads no files. */
export type TableReader = (kind: TableKind, file: string) => TableRead;

/** Where tables can stand in a scenario. */
const TABLES: readonly (readonly [path: readonly [string] | readonly [string, string], kind: TableKind])[] = [
  [['network', 'latency'], 'latency'],
  [['capacities'], 'capacities'],
  [['arrivals', 'visits'], 'visits'],
];

/** Puts the content of the files that a scenario names in place, and remembers where in a file each value stood. */
export class Tables {
  readonly problems: Problem[] = [];
  readonly #located = new Map<string, (path: string) => string | null>();

  /** `read` undefined leaves the names as they are. */
  inline(scenario: JsonObject, read: TableReader | undefined): JsonObject {
    if (read === undefined) return scenario;
    let result = scenario;
    for (const [path, kind] of TABLES) {
      const [outer, inner] = path;
      const holder = result[outer];
      const value = inner === undefined ? holder : isObject(holder) ? holder[inner] : undefined;
      const file = csvOf(value);
      if (file === null) continue;
      const content = this.#read(kind, file, path.join('.'), read);
      const replaced = inner === undefined ? content : { ...(holder as JsonObject), [inner]: content };
      result = { ...result, [outer]: replaced };
    }
    return result;
  }

  /** A problem of the scenario, told by line and column where its value came from a file. */
  locate(problem: Problem): Problem {
    for (const [path, locate] of this.#located) {
      if (!problem.path.startsWith(`${path}.`)) continue;
      const place = locate(problem.path.slice(path.length + 1));
      if (place !== null) return { ...problem, path: place };
    }
    return problem;
  }

  #read(kind: TableKind, file: string, path: string, read: TableReader): Json {
    const table = read(kind, file);
    if (table.ok) {
      this.#located.set(path, (inside) => table.locate(inside));
      return table.value;
    }
    this.problems.push(...table.problems);
    return { csv: file };
  }

  /** Problems of values whose file could not be read are about the file, which has been reported. */
  told({ path }: Problem): boolean {
    return this.problems.length > 0 && TABLES.some(([table]) => path === table.join('.'));
  }
}
