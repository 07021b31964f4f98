import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Why a request is turned away before its route is looked at; the status follows from it. */
export type Refusal = 'target' | 'host' | 'origin' | 'fetch-site';

const STATUS: Readonly<Record<Refusal, number>> = { target: 400, host: 421, origin: 403, 'fetch-site': 403 };

/** Names by which a browser on this machine reaches a server that is bound to 127.0.0.1. */
const LOOPBACK_NAMES = ['127.0.0.1', 'localhost'] as const;

/**
 * Whether a request may come near a server on loopback at `port`. A page of another site can make this machine's browser
 * send requests here, directly or through a name that it lets resolve to 127.0.0.1; the Host header shows the name, the
 * Origin and Sec-Fetch-Site headers the page. Returns null for a request that passes.
 */
export function refusalOf(request: { url: string; rawHeaders: readonly string[] }, port: number): Refusal | null {
  if (!request.url.startsWith('/')) return 'target';
  const hosts = valuesOf(request.rawHeaders, 'host');
  const host = hosts[0];
  if (hosts.length !== 1 || host === undefined || !LOOPBACK_NAMES.some((name) => host === `${name}:${port}`))
    return 'host';
  const origins = valuesOf(request.rawHeaders, 'origin');
  if (origins.length > 1 || (origins.length === 1 && origins[0] !== `http://${host}`)) return 'origin';
  return null;
}

/** Whether the browser says that another site's page asks; `none` is a person who typed the address. */
export function isCrossSite(rawHeaders: readonly string[]): boolean {
  return valuesOf(rawHeaders, 'sec-fetch-site').some((site) => site !== 'same-origin' && site !== 'none');
}

/** All values of a header, so that a second one cannot hide behind the first. */
function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === name) values.push(rawHeaders[at + 1] ?? '');
  }
  return values;
}

/** Applies `refusalOf` to everything that the server answers, upgrades and unknown paths included. */
export function guardLoopback(app: FastifyInstance, port: () => number): void {
  app.addHook('onRequest', async (request, reply) => {
    const why = refusalOf(request.raw as { url: string; rawHeaders: string[] }, port());
    if (why !== null) return await refuse(reply, why);
    if (isNavigation(request) || !isCrossSite(request.raw.rawHeaders)) return;
    return await refuse(reply, 'fetch-site');
  });
}

/** Pages that a link of another site, such as the directory, may lead to. */
const PAGES: ReadonlySet<string> = new Set(['/', '/publish', '/overlay']);

/** Following a link from another site to a page is harmless: nothing is done and nothing can be read back. */
function isNavigation(request: FastifyRequest): boolean {
  const path = request.url.split('?', 1)[0] ?? '';
  return request.method === 'GET' && PAGES.has(path) && request.headers['sec-fetch-mode'] === 'navigate';
}

async function refuse(reply: FastifyReply, why: Refusal): Promise<FastifyReply> {
  return await reply.code(STATUS[why]).send({ error: why });
}
