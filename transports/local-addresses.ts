import { BlockList, isIP } from 'node:net';
import { plainIp } from './counted-as.js';

const LOOPBACK = ranges('127.0.0.0/8', '::1/128');
const PRIVATE = ranges('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7');

/** Networks in the notation of CIDR. */
export function ranges(...list: string[]): BlockList {
  const block = new BlockList();
  for (const range of list) {
    const [net = '', bits = ''] = range.split('/');
    block.addSubnet(net, Number(bits), net.includes(':') ? 'ipv6' : 'ipv4');
  }
  return block;
}

/** False for what is no address. */
export function isWithin(block: BlockList, ip: string): boolean {
  const plain = plainIp(ip);
  return isIP(plain) !== 0 && block.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}

export function isLoopback(ip: string): boolean {
  return isWithin(LOOPBACK, ip);
}

/** An address that means something within one network only. */
export function isPrivate(ip: string): boolean {
  return isWithin(PRIVATE, ip);
}

/** Whether the host of an address is this machine or in its own network, as far as that can be seen without asking anybody. */
export function isNearby(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0) return isLoopback(bare) || isPrivate(bare);
  return bare === 'localhost' || bare.endsWith('.local');
}
