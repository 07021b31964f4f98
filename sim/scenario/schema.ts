import type { Problem } from '../../core/config.js';
import type { Time } from '../../core/units.js';
import { COST_PATTERN, DURATION_PATTERN, parseCost, parseDuration, parseRate, RATE_PATTERN } from './units.js';

/** A value as JSON knows it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/**
 * Describes one JSON value three ways, so that types, messages and the published schema cannot disagree:
 * `complete` writes defaults out, `read` checks and converts, `json` is the JSON Schema.
 */
export interface Schema<T> {
  complete(value: Json): Json;
  /** The converted value; what it is when problems were added does not matter. */
  read(value: Json, path: string, problems: Problem[]): T;
  json(): JsonObject;
}

export interface Property<T> {
  readonly schema: Schema<T>;
  readonly help: string;
  /** Written when the key is absent; undefined makes the key mandatory. */
  readonly fallback: Json | undefined;
}

export type Read<S> = S extends Schema<infer T> ? T : never;
type Properties = Readonly<Record<string, Property<unknown>>>;
type ReadProperties<P extends Properties> = { readonly [K in keyof P]: P[K] extends Property<infer T> ? T : never };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key of an object; without `fallback` it must be given. */
export function key<T>(schema: Schema<T>, help: string, fallback?: Json): Property<T> {
  return { schema, help, fallback };
}

/** Text that passes `convert` is replaced by what it returns, null is a problem. */
export function textual<T>(pattern: string, expected: string, convert: (text: string) => T | null): Schema<T> {
  return {
    complete: (value) => value,
    read(value, path, problems) {
      const result = typeof value === 'string' ? convert(value) : null;
      if (result === null) problems.push({ path, message: `must be ${expected}, not ${JSON.stringify(value)}` });
      return result as T;
    },
    json: () => ({ type: 'string', pattern }),
  };
}

/** Microseconds, written with a unit. */
export const duration: Schema<Time> = textual(
  DURATION_PATTERN,
  'a duration with its unit, such as "10m" or "500ms"',
  parseDuration,
);

/** Microseconds and fractions of them, written with a unit. */
export const cost: Schema<number> = textual(COST_PATTERN, 'a time with its unit, such as "50us" or "2ns"', parseCost);

/** Bits per second, written with a unit. */
export const rate: Schema<number> = textual(
  RATE_PATTERN,
  'a rate with its unit, such as "8Mbit" or "500kbit"',
  parseRate,
);

/** A non-empty string of at most 64 characters. */
export const text: Schema<string> = textual('^.{1,64}$', 'a text of 1 to 64 characters', (value) =>
  value.length >= 1 && value.length <= 64 ? value : null,
);

function numeric(type: 'integer' | 'number', min: number, max: number): Schema<number> {
  const noun = type === 'integer' ? 'a whole number' : 'a number';
  return {
    complete: (value) => value,
    read(value, path, problems) {
      const good =
        typeof value === 'number' && value >= min && value <= max && (type === 'number' || Number.isInteger(value));
      if (!good) {
        problems.push({ path, message: `must be ${noun} from ${min} to ${max}, not ${JSON.stringify(value)}` });
      }
      return value as number;
    },
    json: () => ({ type, minimum: min, maximum: max }),
  };
}

export const integer = (min: number, max: number): Schema<number> => numeric('integer', min, max);
export const number = (min: number, max: number): Schema<number> => numeric('number', min, max);

/** true or false. */
export const flag: Schema<boolean> = {
  complete: (value) => value,
  read(value, path, problems) {
    if (typeof value !== 'boolean') {
      problems.push({ path, message: `must be true or false, not ${JSON.stringify(value)}` });
    }
    return value as boolean;
  },
  json: () => ({ type: 'boolean' }),
};

/** One of a few words. */
export function word<const W extends readonly string[]>(words: W): Schema<W[number]> {
  return {
    complete: (value) => value,
    read(value, path, problems) {
      if (typeof value !== 'string' || !words.includes(value)) {
        problems.push({ path, message: `must be one of ${words.join(', ')}, not ${JSON.stringify(value)}` });
      }
      return value as W[number];
    },
    json: () => ({ enum: [...words] }),
  };
}

export function nullable<T>(inner: Schema<T>): Schema<T | null> {
  return {
    complete: (value) => (value === null ? null : inner.complete(value)),
    read: (value, path, problems) => (value === null ? null : inner.read(value, path, problems)),
    json: () => ({ anyOf: [{ type: 'null' }, inner.json()] }),
  };
}

export function list<T>(inner: Schema<T>, min: number, max: number): Schema<readonly T[]> {
  return {
    complete: (value) => (Array.isArray(value) ? value.map((item: Json) => inner.complete(item)) : value),
    read(value, path, problems) {
      if (!Array.isArray(value) || value.length < min || value.length > max) {
        problems.push({ path, message: `must be a list of ${min} to ${max} items` });
        return [];
      }
      return value.map((item: Json, index) => inner.read(item, `${path}.${index}`, problems));
    },
    json: () => ({ type: 'array', items: inner.json(), minItems: min, maxItems: max }),
  };
}

/** An object with exactly these keys. */
export function object<P extends Properties>(properties: P): Schema<ReadProperties<P>> {
  const entries = Object.entries(properties);
  return {
    complete(value) {
      if (!isObject(value)) return value;
      const filled: Record<string, Json> = {};
      for (const [name, { schema, fallback }] of entries) {
        const given = value[name] ?? fallback;
        if (Object.hasOwn(value, name) && value[name] === null) filled[name] = schema.complete(null);
        else if (given !== undefined) filled[name] = schema.complete(given);
      }
      return {
        ...filled,
        ...Object.fromEntries(Object.entries(value).filter(([name]) => !Object.hasOwn(filled, name))),
      };
    },
    read(value, path, problems) {
      const result: Record<string, unknown> = {};
      if (!isObject(value)) problems.push({ path, message: 'must be an object' });
      else {
        for (const name of Object.keys(value)) {
          if (!Object.hasOwn(properties, name)) {
            problems.push({
              path: join(path, name),
              message: `unknown key; known: ${Object.keys(properties).join(', ')}`,
            });
          }
        }
        for (const [name, { schema }] of entries) {
          const given = value[name];
          if (given === undefined) problems.push({ path: join(path, name), message: 'is missing' });
          else result[name] = schema.read(given, join(path, name), problems);
        }
      }
      return result as ReadProperties<P>;
    },
    json: () => ({
      type: 'object',
      additionalProperties: false,
      required: entries.filter(([, { fallback }]) => fallback === undefined).map(([name]) => name),
      properties: Object.fromEntries(
        entries.map(([name, { schema, help, fallback }]) => [
          name,
          { description: help, ...(fallback === undefined ? {} : { default: fallback }), ...schema.json() },
        ]),
      ),
    }),
  };
}

/** Objects told apart by the word under `tag`. */
export function tagged<const G extends string, M extends Readonly<Record<string, Schema<object>>>>(
  tag: G,
  members: M,
): Schema<{ [K in keyof M & string]: { readonly [T in G]: K } & Read<M[K]> }[keyof M & string]> {
  type Union = { [K in keyof M & string]: { readonly [T in G]: K } & Read<M[K]> }[keyof M & string];
  const member = (value: Json): [string, JsonObject, Schema<object>] | null => {
    const name = isObject(value) ? value[tag] : undefined;
    if (!isObject(value) || typeof name !== 'string' || !Object.hasOwn(members, name)) return null;
    const rest = Object.fromEntries(Object.entries(value).filter(([each]) => each !== tag));
    return [name, rest, members[name] as Schema<object>];
  };
  return {
    complete(value) {
      const found = member(value);
      return found === null ? value : { [tag]: found[0], ...(found[2].complete(found[1]) as JsonObject) };
    },
    read(value, path, problems) {
      const found = member(value);
      if (found === null) {
        problems.push({ path: join(path, tag), message: `must be one of ${Object.keys(members).join(', ')}` });
        return {} as Union;
      }
      return { [tag]: found[0], ...found[2].read(found[1], path, problems) } as unknown as Union;
    },
    json: () => ({
      oneOf: Object.entries(members).map(([name, schema]) => {
        const inner = schema.json() as { required: string[]; properties: JsonObject };
        return {
          ...inner,
          required: [tag, ...inner.required],
          properties: { [tag]: { const: name }, ...inner.properties },
        };
      }),
    }),
  };
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
