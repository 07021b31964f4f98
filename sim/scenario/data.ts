import type { Problem } from '../../core/config.js';
import {
  duration,
  key,
  list,
  nullable,
  number,
  object,
  rate,
  text,
  word,
  type Json,
  type JsonObject,
  type Read,
  type Schema,
} from './schema.js';

/** Above this a matrix is more than a scenario file should carry. */
const MOST_PLACES = 2_000;
const MOST_ROWS = 200_000;
/** One way, ms; as much as a fault may add and as much again. */
const LONGEST = 60_000;

/** The kinds of tables that a scenario can take from a CSV file. */
export type TableKind = 'latency' | 'capacities' | 'visits';

/** A value that may stand as `{"csv": "file.csv"}` in a scenario file; whoever loads the file puts the content there. */
function table<T>(inner: Schema<T>): Schema<T> {
  const csv: JsonObject = {
    type: 'object',
    additionalProperties: false,
    required: ['csv'],
    properties: { csv: { type: 'string', description: 'path of a CSV file, relative to the scenario file' } },
  };
  return {
    complete: (value) => (csvOf(value) === null ? inner.complete(value) : value),
    read(value, path, problems) {
      const file = csvOf(value);
      if (file === null) return inner.read(value, path, problems);
      problems.push({ path, message: `names the file ${file}, and whoever loads this scenario reads no files` });
      return undefined as T;
    },
    json: () => ({ anyOf: [csv, inner.json()] }),
  };
}

/** The file that a value names, or null. */
export function csvOf(value: Json | undefined): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const file = (value as JsonObject)['csv'];
  return typeof file === 'string' ? file : null;
}

/** Rows of numbers, as many in each; read without a path for each cell, since there can be millions. */
const matrix: Schema<readonly (readonly number[])[]> = {
  complete: (value) => value,
  read(value, path, problems) {
    const rows = value as readonly (readonly number[])[];
    const demand = (holds: boolean, where: string, message: string): boolean => {
      if (!holds) problems.push({ path: where, message });
      return holds;
    };
    if (!demand(Array.isArray(value), path, 'must be a list of rows')) return [];
    rows.forEach((row, from) => {
      if (!demand(Array.isArray(row), `${path}.${from}`, 'must be a list of numbers')) return;
      demand(row.length === rows.length, `${path}.${from}`, `must have ${rows.length} cells, not ${row.length}`);
      row.forEach((cell, to) => {
        if (typeof cell === 'number' && cell >= 0 && cell <= LONGEST) return;
        problems.push({ path: `${path}.${from}.${to}`, message: `must be ms from 0 to ${LONGEST}` });
      });
    });
    return rows;
  },
  json: () => ({ type: 'array', items: { type: 'array', items: { type: 'number', minimum: 0, maximum: LONGEST } } }),
};

/** One-way delays between places. */
export const LATENCY = table(
  object({
    places: key(list(text, 1, MOST_PLACES), 'names of the places, by row and by column'),
    ms: key(matrix, 'delay from the place of the row to that of the column, one way'),
  }),
);

/** Lines that viewers have. */
export const CAPACITIES = table(
  list(
    object({
      uplink: key(rate, 'uplink lent to the overlay'),
      downlink: key(nullable(rate), 'downlink; null: that of the class', null),
      share: key(number(1e-9, 1e12), 'weight of the row among all', 1),
      region: key(nullable(text), 'where these viewers are; null: where the class says', null),
      class: key(nullable(text), 'class that says the rest; null: the first', null),
    }),
    1,
    MOST_ROWS,
  ),
);

/** Who comes and goes when. */
export const VISITS = table(
  list(
    object({
      at: key(duration, 'when the viewer comes'),
      leaves: key(nullable(duration), 'when it goes; null: it stays to the end', null),
      how: key(nullable(word(['leave', 'crash'])), 'how it goes; null: drawn, by crashShare', null),
      uplink: key(nullable(rate), 'uplink lent to the overlay; null: drawn like that of any viewer', null),
      downlink: key(nullable(rate), 'downlink; null: that of the class', null),
      region: key(nullable(text), 'where it is; null: where the class says', null),
      class: key(nullable(text), 'class that says the rest; null: drawn', null),
    }),
    1,
    MOST_ROWS,
  ),
);

export type Latency = Read<typeof LATENCY>;
export type Capacity = Read<typeof CAPACITIES>[number];
export type VisitRow = Read<typeof VISITS>[number];

/** What the parts of a scenario must know of each other where data names places and classes. */
export interface Named {
  readonly places: readonly string[];
  readonly classes: readonly string[];
}

/** Names of places and classes that do not exist, and a matrix that is not square. */
export function checkNames(
  rows: readonly { readonly region: string | null; readonly class: string | null }[],
  path: string,
  named: Named,
  problems: Problem[],
): void {
  const places = new Set(named.places);
  const classes = new Set(named.classes);
  rows.forEach(({ region, class: name }, index) => {
    if (region !== null && !places.has(region)) {
      problems.push({ path: `${path}.${index}.region`, message: `must be ${oneOf(named.places)}, not "${region}"` });
    }
    if (name !== null && !classes.has(name)) {
      problems.push({ path: `${path}.${index}.class`, message: `must be ${oneOf(named.classes)}, not "${name}"` });
    }
  });
}

/** The first few names, for a message. */
export function oneOf(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `one of ${shown}, … (${names.length} in all)` : `one of ${shown}`;
}
