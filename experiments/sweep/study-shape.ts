import type { Problem } from '../../core/config.js';
import { duration, integer, key, list, nullable, object, text, textual, word } from '../../sim/scenario/schema.js';
import { isObject, type Json, type JsonObject, type Read, type Schema } from '../../sim/scenario/schema.js';

/** Most seeds of one study, and of one command. */
export const MOST_SEEDS = 10_000;

const PATH = /^[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*$/;

/** `1..10`, both ends included, or `1,2,5`; null when the text is neither or names too many. */
export function parseSeeds(text: string): readonly number[] | null {
  const [, first, last] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(text) ?? [];
  if (first !== undefined && last !== undefined) {
    const [from, to] = [Number(first), Number(last)];
    return from <= to && to - from < MOST_SEEDS ? Array.from({ length: to - from + 1 }, (_, at) => from + at) : null;
  }
  const listed = /^\d{1,9}(?:,\d{1,9})*$/.test(text) ? [...new Set(text.split(',').map(Number))] : null;
  return listed !== null && listed.length <= MOST_SEEDS ? listed : null;
}

/** Text of a length that a table can still show. */
const sentence = textual('^.{1,1000}$', 'a text of 1 to 1000 characters', (value) =>
  value.length >= 1 && value.length <= 1000 ? value : null,
);

/** A name that is fit for files and headings. */
const slug = textual('^[a-z0-9][a-z0-9-]{0,63}$', 'lower-case letters, digits and dashes', (value) =>
  /^[a-z0-9][a-z0-9-]{0,63}$/.test(value) ? value : null,
);

const seedRange = textual(
  '^\\d{1,9}(\\.\\.\\d{1,9}|(,\\d{1,9})*)$',
  'seeds such as "1..10" or "1,2,5", or a list of whole numbers',
  parseSeeds,
);
const seedNumbers = list(integer(0, 999_999_999), 1, MOST_SEEDS);

/** Both ways to name seeds, read as numbers, each once, the smallest first. */
const seeds: Schema<readonly number[]> = {
  complete: (value) => value,
  read(value, path, problems) {
    const found = Array.isArray(value)
      ? seedNumbers.read(value, path, problems)
      : seedRange.read(value, path, problems);
    return Array.isArray(found) ? [...new Set(found)].sort((a, b) => a - b) : [];
  },
  json: () => ({ anyOf: [seedRange.json(), seedNumbers.json()] }),
};

/** An object from paths of a scenario to whatever `inner` takes. */
function byPath<T>(inner: Schema<T>, most: number): Schema<Readonly<Record<string, T>>> {
  return {
    complete: (value) => value,
    read(value, path, problems) {
      const found: Record<string, T> = {};
      if (!isObject(value)) {
        problems.push({ path, message: 'must be an object from paths such as "stream.chunkTime" to values' });
        return found;
      }
      const entries = Object.entries(value);
      if (entries.length > most) problems.push({ path, message: `must have at most ${most} keys` });
      for (const [name, each] of entries) {
        const here = `${path}[${JSON.stringify(name)}]`;
        if (!PATH.test(name)) problems.push({ path: here, message: 'must be a path such as stream.chunkTime' });
        else found[name] = inner.read(each, here, problems);
      }
      return found;
    },
    json: () => ({ type: 'object', maxProperties: most, additionalProperties: inner.json() }),
  };
}

/** Whatever a scenario may hold; the scenario's own schema judges it. */
const anything: Schema<Json> = { complete: (value) => value, read: (value) => value, json: (): JsonObject => ({}) };

/** Values of one parameter: some, and none of them twice, since equal runs would be done twice. */
const values: Schema<readonly Json[]> = (() => {
  const inner = list(anything, 1, 1000);
  return {
    ...inner,
    read(value: Json, path: string, problems: Problem[]): readonly Json[] {
      const found = inner.read(value, path, problems);
      const texts = found.map((each) => JSON.stringify(each));
      const twice = texts.find((each, index) => texts.indexOf(each) !== index);
      if (twice !== undefined) problems.push({ path, message: `names ${twice} twice` });
      return found;
    },
    json: () => ({ ...inner.json(), uniqueItems: true }),
  };
})();

/** The published shape of a study file. */
export const STUDY = object({
  name: key(slug, 'short name, used in file names'),
  title: key(sentence, 'what the study is about', 'untitled'),
  question: key(sentence, 'the question that it answers', 'none stated'),
  scenarios: key(
    list(text, 1, 64),
    'ids of workloads, perhaps with @variant, or scenario files, seen from the folder of this file',
  ),
  protocols: key(list(text, 1, 32), 'protocols that run every scenario', ['astral']),
  nodes: key(nullable(integer(1, 200_000)), 'number of viewers; null: as the scenario says', null),
  duration: key(nullable(duration), 'virtual time of each run; null: as the scenario says', null),
  set: key(
    byPath(anything, 64),
    'keys of the scenario that are changed in every run, such as "network.loss": 0.01',
    {},
  ),
  parameters: key(
    byPath(values, 16),
    'the grid: a key of the scenario, with dots, and the values it takes; "nodes" is the number of viewers',
    {},
  ),
  seeds: key(seeds, 'seeds of every point of the grid, such as "1..10" or [1, 2, 5]', '1..10'),
  check: key(nullable(word(['off', 'cheap', 'all'])), 'which invariants are checked; null: as the scenario says', null),
});

/** A study as it is run; durations in microseconds, seeds sorted. */
export type StudyShape = Read<typeof STUDY>;

/** JSON Schema (draft 2020-12) of a study file. */
export function studyJsonSchema(): JsonObject {
  const schema = STUDY.json() as { properties: JsonObject };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'astral study',
    ...schema,
    properties: { $schema: { type: 'string' }, ...schema.properties },
  };
}
