import { MS, SECOND, type Time } from '../../core/units.js';

const DURATIONS: ReadonlyMap<string, number> = new Map([
  ['us', 1],
  ['ms', MS],
  ['s', SECOND],
  ['m', 60 * SECOND],
  ['h', 3600 * SECOND],
]);

/** Of one operation of a processor, which is often less than a microsecond. */
const COSTS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-3],
  ['us', 1],
  ['ms', MS],
  ['s', SECOND],
]);

const RATES: ReadonlyMap<string, number> = new Map([
  ['bit', 1],
  ['kbit', 1e3],
  ['Mbit', 1e6],
  ['Gbit', 1e9],
]);

export const DURATION_PATTERN = '^\\d+(\\.\\d+)?(us|ms|s|m|h)$';
export const COST_PATTERN = '^\\d+(\\.\\d+)?(ns|us|ms|s)$';
export const RATE_PATTERN = '^\\d+(\\.\\d+)?(bit|kbit|Mbit|Gbit)$';

const NUMBER_AND_UNIT = /^(\d+(?:\.\d+)?)([a-zA-Z]+)$/;

/** `10m`, `500ms`, `2.5s` to microseconds; null when the text is no duration. */
export function parseDuration(text: string): Time | null {
  return scaled(text, DURATIONS);
}

/** `50us`, `2ns` to microseconds and fractions of them; null when the text is no such cost. */
export function parseCost(text: string): number | null {
  return inUnits(text, COSTS);
}

/** `8Mbit`, `500kbit` to bits per second; null when the text is no rate. */
export function parseRate(text: string): number | null {
  return scaled(text, RATES);
}

function scaled(text: string, units: ReadonlyMap<string, number>): number | null {
  const value = inUnits(text, units);
  return value === null ? null : Math.round(value);
}

function inUnits(text: string, units: ReadonlyMap<string, number>): number | null {
  const [, digits, unit] = NUMBER_AND_UNIT.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units.get(unit);
  return factor === undefined ? null : Number(digits) * factor;
}
