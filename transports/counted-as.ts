import { isIPv6 } from 'node:net';

const GROUPS = 8;
const COUNTED = 4;

/** An IPv4 address that a dual-stack socket shows as IPv6, as itself. */
export function plainIp(ip: string): string {
  return ip.replace(/^::ffff:(?=\d+\.)/i, '');
}

/**
 * What a limit for each address counts by: an IPv4 address, or the first 64 bits of an IPv6 address, since whoever has
 * one of these has them all (RFC 6177 gives an end site no less). Text that is no address is counted as it stands.
 */
export function countedAs(ip: string): string {
  const plain = plainIp(ip);
  if (!isIPv6(plain)) return plain;
  const [left = [], right] = plain
    .replace(/%.*$/, '')
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  // An IPv4 address at the end stands for two groups, both of which lie behind those that count.
  const dotted = right?.at(-1)?.includes('.') === true ? 1 : 0;
  const between = right === undefined ? 0 : GROUPS - left.length - right.length - dotted;
  const groups = [...left, ...Array.from({ length: between }, () => '0'), ...(right ?? [])];
  return `${groups
    .slice(0, COUNTED)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
