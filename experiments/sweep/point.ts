import { isObject, type Json } from '../../sim/scenario/schema.js';
import { parseDuration, parseRate } from '../../sim/scenario/units.js';
import { MS } from '../../core/units.js';

/** What distinguishes the runs of a point of the grid: a value for each parameter. */
export type Parameters = Readonly<Record<string, Json>>;

/** A point of the grid: all its runs differ by nothing but their seed. */
export interface Point {
  /** With its variant. */
  readonly scenarioName: string;
  readonly protocol: string;
  readonly parameters: Parameters;
}

/** One run of a sweep. */
export interface RunName extends Point {
  readonly seed: number;
}

/** A cell of a table. */
export type Cell = string | number | boolean | null;

/**
 * A value as a table holds it: durations are milliseconds, rates bits a second, so that they sort and can be drawn;
 * what has parts is JSON.
 */
export function tableValue(value: Json): Cell {
  if (typeof value === 'string') {
    const time = parseDuration(value);
    return time === null ? (parseRate(value) ?? value) : time / MS;
  }
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

/** Values by path: a value that is an object changes several keys together, and each of them counts as one. */
export function settingsOf(value: Json, path = ''): [path: string, value: Json][] {
  if (!isObject(value)) return [[path, value]];
  return Object.entries(value).flatMap(([name, each]) => settingsOf(each, path === '' ? name : `${path}.${name}`));
}

/** Every path that the points of a study differ in, in the order of the study. */
export function pathsOf(points: readonly Point[]): string[] {
  return [...new Set(points.flatMap(({ parameters }) => settingsOf(parameters).map(([path]) => path)))];
}

/** What a point says about each of the paths; null where it says nothing. */
export function valuesOf({ parameters }: Point, paths: readonly string[]): Json[] {
  const settings = new Map(settingsOf(parameters));
  return paths.map((path) => settings.get(path) ?? null);
}

/** Order of the results: scenario, protocol, parameters as the study names them, each by its value. */
export function orderOf(points: readonly Point[]): (a: Point, b: Point) => number {
  const paths = pathsOf(points);
  return (a, b) => {
    const heads = byText(a.scenarioName, b.scenarioName) || byText(a.protocol, b.protocol);
    if (heads !== 0) return heads;
    const others = valuesOf(b, paths);
    const orders = valuesOf(a, paths).map((value, at) => byValue(tableValue(value), tableValue(others[at] ?? null)));
    return orders.find((order) => order !== 0) ?? 0;
  };
}

/** A point in words, such as `w02 astral stream.chunkTime=50ms`. */
export function pointName({ scenarioName, protocol, parameters }: Point): string {
  const pairs = settingsOf(parameters).map(([path, value]) => `${path}=${showValue(value)}`);
  return [scenarioName, protocol, ...pairs].join(' ');
}

/** A value as people write it. */
export function showValue(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byValue(a: Cell, b: Cell): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return byText(typeof a, typeof b) || byText(String(a), String(b));
}
