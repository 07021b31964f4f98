import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { plainIp } from '../../transports/counted-as.js';

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
const LOOPBACK = ranges('127.0.0.0/8', '::1/128');
const PRIVATE = ranges('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7');

function ranges(...list: string[]): BlockList {
  const block = new BlockList();
  for (const range of list) {
    const [net = '', bits = ''] = range.split('/');
    block.addSubnet(net, Number(bits), net.includes(':') ? 'ipv6' : 'ipv4');
  }
  return block;
}

const within = (block: BlockList, ip: string): boolean => block.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');

export function isLoopback(ip: string): boolean {
  return isIP(plainIp(ip)) !== 0 && within(LOOPBACK, plainIp(ip));
}

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
  if (isIP(ip) === 0 || within(FORBIDDEN, ip)) return null;
  if (within(LOOPBACK, ip) && !within(LOOPBACK, from)) return null;
  if (within(PRIVATE, ip) && !within(PRIVATE, from) && !within(LOOPBACK, from)) return null;
  // The very address that was checked is dialled: a name may lead elsewhere a moment later. TLS needs the name.
  if (url.protocol === 'ws:') url.hostname = isIP(ip) === 6 ? `[${ip}]` : ip;
  return { url: url.href.replace(/\/$/, ''), ip };
}
