import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { z, type ZodType } from 'zod';
import { UsageError } from './exit-codes.js';
import { codeOf } from './node/files.js';

/** One thing that a program can be told, by flag, environment or settings file. */
export interface Setting<T = unknown> {
  /** As commander reads them, the long one last but for its argument. */
  readonly flags: string;
  readonly help: string;
  readonly schema: ZodType<T>;
  /** A list: a flag may be repeated, text is split at commas. */
  readonly many?: true;
  /** Another name for this setting. */
  readonly as?: string;
  readonly hidden?: true;
}

/** By the long flag in camel case. */
export type Settings = Readonly<Record<string, Setting>>;
export type ValuesOf<S extends Settings> = { readonly [K in keyof S]?: z.output<S[K]['schema']> };

type Raw = Readonly<Record<string, unknown>>;

/** A list of values that each obey the schema. */
export const listOf = <T>(schema: ZodType<T>): ZodType<T[]> => z.array(schema).max(64, 'must be at most 64');

const MAX_FILE_BYTES = 64 * 1024;
const kebab = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
/** Keys of files may be written as flags, as variables or in camel case. */
const plain = (key: string): string => key.replaceAll(/[-_]/g, '').toLowerCase();

/** Adds the flags to a command; what they hold is checked by `readSettings`. */
export function addFlags(command: Command, settings: Settings): Command {
  for (const { flags, help, many, hidden } of Object.values(settings)) {
    const option = new Option(flags, many === true ? `${help}; repeatable` : help);
    if (many === true) option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    command.addOption(hidden === true ? option.hideHelp() : option);
  }
  return command;
}

/**
 * The values in force: a flag goes before the environment, which goes before the file. Throws a `UsageError` that names
 * every problem with the place it stands in. Variables that no setting knows are somebody else's; keys of the file are not.
 */
export function readSettings<S extends Settings>(
  settings: S,
  { flags, env, prefix, file }: { flags: Raw; env: NodeJS.ProcessEnv; prefix: string; file: string | null },
): ValuesOf<S> {
  const problems: string[] = [];
  const variable = (key: string): string => `${prefix}_${kebab(key).replaceAll('-', '_').toUpperCase()}`;
  const told = Object.fromEntries(Object.keys(settings).map((key) => [key, env[variable(key)]]));
  const sources: [raw: Raw, place: (key: string) => string][] = [
    [file === null ? {} : readFile(file, settings, problems), (key) => `${file}: ${kebab(key)}`],
    [told, variable],
    [flags, (key) => `--${kebab(key)}`],
  ];
  const values: Record<string, unknown> = {};
  for (const [raw, place] of sources) Object.assign(values, check(settings, raw, place, problems));
  if (problems.length > 0) throw new UsageError(problems);
  return values as ValuesOf<S>;
}

/** What one source says, under the names that the program reads. */
function check(settings: Settings, raw: Raw, place: (key: string) => string, problems: string[]): Raw {
  const values: Record<string, unknown> = {};
  for (const [key, { schema, many, as }] of Object.entries(settings)) {
    const given = raw[key];
    if (given === undefined) continue;
    const listed = many === true && typeof given === 'string' ? given.split(',').map((part) => part.trim()) : given;
    const result = schema.safeParse(listed);
    const name = as ?? key;
    if (!result.success) problems.push(`${place(key)}: ${result.error.issues[0]?.message ?? 'is wrong'}`);
    else if (values[name] === undefined) values[name] = result.data;
    else if (many === true) values[name] = [...(values[name] as unknown[]), ...(result.data as unknown[])];
    else problems.push(`${place(key)}: says the same as ${place(name)}; give one of the two`);
  }
  return values;
}

/** JSON, or lines of `key = value`; `#` begins a comment. */
function readFile(path: string, settings: Settings, problems: string[]): Raw {
  const text = readText(path);
  const entries = text.trimStart().startsWith('{') ? jsonEntries(path, text) : lineEntries(path, text, problems);
  const keys = new Map(Object.keys(settings).map((key) => [plain(key), key]));
  const raw: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    const known = keys.get(plain(key));
    if (known === undefined) problems.push(`${path}: ${key}: is no setting; --help lists them`);
    else raw[known] = value;
  }
  return raw;
}

function readText(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length <= MAX_FILE_BYTES) return text;
  } catch (error) {
    throw new UsageError(`${path}: cannot be read (${codeOf(error)})`);
  }
  throw new UsageError(`${path}: is larger than ${MAX_FILE_BYTES} bytes`);
}

function jsonEntries(path: string, text: string): [string, unknown][] {
  try {
    return Object.entries(JSON.parse(text) as object);
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`);
  }
}

function lineEntries(path: string, text: string, problems: string[]): [string, string][] {
  return text.split('\n').flatMap((line, index): [string, string][] => {
    const bare = line.trim();
    if (bare === '' || bare.startsWith('#')) return [];
    const match = /^([\w-]+)\s*=\s*(.*)$/.exec(bare);
    if (match === null) problems.push(`${path}: line ${index + 1}: must look like port = 8000`);
    return match === null ? [] : [[match[1] ?? '', match[2] ?? '']];
  });
}
