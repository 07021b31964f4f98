import { existsSync, readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { listWorkloads, readWorkload } from '../../experiments/workloads.js';
import { loadScenario, variantsOf, type Json, type Loaded, type ScenarioOptions } from '../../sim/scenario.js';
import { UsageError } from '../exit-codes.js';

const MOST_SEEDS = 10_000;

/** For commander: a whole number from `min`. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < min || !/^\d+$/.test(text)) {
      throw new InvalidArgumentError(`It must be a whole number from ${min}.`);
    }
    return value;
  };
}

/** For commander: `path=JSON`, repeatable. What is not JSON is taken as text, so that `sessions.mean=100s` works. */
export function assignment(text: string, earlier: readonly (readonly [string, Json])[]): (readonly [string, Json])[] {
  const [, path, value] = /^([\w-]+(?:\.[\w-]+)*)=(.*)$/s.exec(text) ?? [];
  if (path === undefined || value === undefined) {
    throw new InvalidArgumentError('It must look like stream.bitrate="1Mbit".');
  }
  return [...earlier, [path, parseLoosely(value)]];
}

function parseLoosely(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** Finds `w02`, `w02@100` or a scenario file, and reads it with the changes of the command line. */
export function findScenario(name: string, options: ScenarioOptions): Extract<Loaded, { ok: true }> {
  const at = name.lastIndexOf('@');
  const whole = readByName(name);
  const base = whole === null && at > 0 ? name.slice(0, at) : name;
  const file = whole ?? readByName(base);
  if (file === null) {
    const known = listWorkloads().map(({ id }) => id);
    throw new UsageError([
      `no workload and no scenario file "${base}"; workloads are ${known.join(', ')} (see astral list workloads)`,
    ]);
  }
  const variant = base === name ? undefined : name.slice(at + 1);
  if (variant !== undefined && !variantsOf(file).includes(variant)) {
    throw new UsageError([`${base} has no variant "${variant}"; it has ${variantsOf(file).join(', ') || 'none'}`]);
  }
  const loaded = loadScenario(file, variant === undefined ? options : { ...options, variant });
  if (loaded.ok) return loaded;
  throw new UsageError(loaded.problems.map(({ path, message }) => `${base}: ${path === '' ? 'it' : path} ${message}`));
}

/** What a name stands for when everything is to be run: the variant it names, or the default and all variants. */
export function variantsNamed(name: string): { readonly name: string; readonly variant: string }[] {
  const file = readByName(name);
  if (file === null) return [{ name, variant: name.includes('@') ? name.slice(name.lastIndexOf('@') + 1) : 'default' }];
  return [
    { name, variant: 'default' },
    ...variantsOf(file).map((variant) => ({ name: `${name}@${variant}`, variant })),
  ];
}

/** For commander: `1..10`, both ends included, or `1,2,5`. */
export function seedList(text: string): readonly number[] {
  const [, first, last] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(text) ?? [];
  if (first !== undefined && last !== undefined) {
    const [from, to] = [Number(first), Number(last)];
    if (from <= to && to - from < MOST_SEEDS) return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  } else if (/^\d{1,9}(?:,\d{1,9})*$/.test(text)) return [...new Set(text.split(',').map(Number))];
  throw new InvalidArgumentError(`It must look like 1..10 or 1,2,5, with at most ${MOST_SEEDS} seeds.`);
}

function readByName(name: string): Json {
  const workload = readWorkload(name);
  if (workload !== null || !existsSync(name)) return workload;
  const text = readFileSync(name, 'utf8');
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new UsageError([`${name} is not JSON: ${(error as Error).message}`]);
  }
}
