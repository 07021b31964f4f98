import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { plainIp } from '../../transports/counted-as.js';
import { isLoopback, isPrivate, isWithin, ranges } from '../../transports/local-addresses.js';

/** Never dialled for anybody: nowhere, link-local with the metadata services of clouds, multicast, reserved. */
const FORBIDDEN = ranges(
  '0.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  'fe80::/10',
  'ff00::/8',
);

/** What may be dialled of an endpoint, its name resolved. */
export interface Dialable {
  readonly url: string;
  readonly ip: string;
}

/**
 * The endpoint with its host resolved, or null if the one who asks may not have it dialled: otherwise a directory would
 * be a means to reach what only it can reach. Loopback is for loopback, a private network for those inside.
 */
export async function dialable(endpoint: string, asker: string): Promise<Dialable | null> {
  if (!URL.canParse(endpoint)) return null;
  const url = new URL(endpoint);
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') return null;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const ip = plainIp(isIP(host) === 0 ? ((await lookup(host).catch(() => null))?.address ?? '') : host);
  const from = plainIp(asker);
  if (isIP(ip) === 0 || isWithin(FORBIDDEN, ip)) return null;
  if (isLoopback(ip) && !isLoopback(from)) return null;
  if (isPrivate(ip) && !isPrivate(from) && !isLoopback(from)) return null;
  // The very address that was checked is dialled: a name may lead elsewhere a moment later. TLS needs the name.
  if (url.protocol === 'ws:') url.hostname = isIP(ip) === 6 ? `[${ip}]` : ip;
  return { url: url.href.replace(/\/$/, ''), ip };
}
