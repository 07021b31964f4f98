import type { NodeOptions } from './options.js';

/** The host and port of a peer's address such as `ws://192.0.2.7:8001`; nulls when it cannot be read. */
export function hostAndPort(address: string | null): { host: string | null; port: number | null } {
  if (address === null || !URL.canParse(address)) return { host: null, port: null };
  const url = new URL(address);
  const standard = url.protocol === 'wss:' || url.protocol === 'https:' ? 443 : 80;
  return { host: url.hostname, port: url.port === '' ? standard : Number(url.port) };
}

/** `host:port` as the transport dials it; an address stays as it is. */
export function peerUrl(text: string, tls: boolean): string {
  return text.includes('://') ? text : `${tls ? 'wss' : 'ws'}://${text}`;
}

/**
 * Where peers are told to connect if not where this node listens, which is null; nowhere if it listens everywhere and was
 * not told its own address.
 */
export function advertised(options: Pick<NodeOptions, 'advertise' | 'listen' | 'certificate'>): string[] | null {
  if (options.advertise === 'none') return [];
  if (options.advertise !== null) return [peerUrl(options.advertise, options.certificate !== null)];
  return options.listen === '0.0.0.0' || options.listen === '::' ? [] : null;
}
