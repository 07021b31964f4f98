import type { FastifyInstance } from 'fastify';
import { countedAs } from '../../transports/counted-as.js';
import { isLoopback } from '../../transports/local-addresses.js';

/** Requests that one address may make at once, and a second for ever. */
const BURST = 200;
const PER_SECOND = 20;
const MAX_ADDRESSES = 20_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Refuses an address that asks too often with 429; this machine itself may. Bounded in addresses. */
export function addQuota(app: FastifyInstance): void {
  const buckets = new Map<string, Bucket>();
  app.addHook('onRequest', async (request, reply) => {
    if (isLoopback(request.ip)) return;
    const now = performance.now() / 1_000;
    const ip = countedAs(request.ip);
    const bucket = buckets.get(ip) ?? { tokens: BURST, at: now };
    buckets.delete(ip);
    buckets.set(ip, bucket);
    bucket.tokens = Math.min(BURST, bucket.tokens + (now - bucket.at) * PER_SECOND) - 1;
    bucket.at = now;
    for (const oldest of buckets.keys()) {
      if (buckets.size <= MAX_ADDRESSES) break;
      buckets.delete(oldest);
    }
    if (bucket.tokens >= 0) return;
    bucket.tokens = Math.max(bucket.tokens, -BURST);
    return await reply.code(429).header('retry-after', '5').send({ error: 'too many requests' });
  });
}
