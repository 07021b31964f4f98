import { z, type ZodType } from 'zod';
import { MAX_STREAM_NAME } from './node/options.js';
import { parseRate } from './node/rate.js';

/** A value from text, as flags, environment and files give it; numbers and booleans of a JSON file are read like their text. */
export function parsed<T>(message: string, parse: (text: string) => T | null): ZodType<T> {
  return z.union([z.string(), z.number(), z.boolean()], message).transform((value, context) => {
    const result = parse(String(value));
    if (result !== null) return result;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

const matching = (pattern: RegExp, message: string): ZodType<string> =>
  parsed(message, (text) => (pattern.test(text) ? text : null));

/** 0 lets the system choose. */
export const port = parsed('must be a port, 0 to 65535', (text) =>
  /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : null,
);
export const logLevel = parsed('must be error, warn, info or debug', (text) =>
  text === 'error' || text === 'warn' || text === 'info' || text === 'debug' ? text : null,
);
export const flag = parsed('must be true or false', (text) => {
  if (['true', '1', 'yes', 'on'].includes(text)) return true;
  return ['false', '0', 'no', 'off'].includes(text) ? false : null;
});
export const anyText = parsed('must be text that is not empty', (text) => (text === '' ? null : text));
const HOST_PORT = /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[1-9]\d{0,4}$/;
const isPeer = (text: string): boolean =>
  HOST_PORT.test(text) || (/^wss?:\/\/[^/@?#]+(?:\/[^?#]*)?$/.test(text) && URL.canParse(text));
/** Where a node is dialled. */
export const peer = parsed(
  'must be a host and a port, such as 192.0.2.7:8001, or an address such as wss://node.example/astral',
  (text) => (isPeer(text) ? text : null),
);
export const peerOrNone = parsed(
  'must be a host and a port, such as 192.0.2.7:8001, an address such as wss://node.example/astral, or none',
  (text) => (text === 'none' || isPeer(text) ? text : null),
);
/** Below this, whoever gave a bare number meant another unit. */
const MIN_RATE = 1_000;
/** Bits per second. */
export const rate = parsed(
  'must be a rate such as 8Mbit or 800kbit; a bare number is bits a second, 0 or at least 1000',
  (text) => {
    const bits = parseRate(text);
    return bits === null || bits === 0 || bits >= MIN_RATE ? bits : null;
  },
);
/** What people call a stream. */
export const streamName = parsed(`must be a name of 1 to ${MAX_STREAM_NAME} characters`, (text) =>
  text === '' || text.length > MAX_STREAM_NAME ? null : text,
);
/** Bits per second from kilobytes, which are 1,000 bytes. */
export const kilobytes = parsed('must be a whole number of kilobytes a second', (text) =>
  /^\d{1,9}$/.test(text) ? Number(text) * 8_000 : null,
);
export const profileName = matching(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  'must be a name of letters, digits, dots, hyphens and underscores',
);
/** The origin of an http address. */
export const webAddress = parsed('must be an address such as http://127.0.0.1:4567', (text) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url.origin : null;
});
