import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Sessions of pages on one node, and codes that wait to be redeemed; the oldest goes when there are more. */
const MAX_SESSIONS = 64;
const MAX_CODES = 16;
const SECRET_BYTES = 24;

/** How a request showed that it may give commands. */
export type Right = 'token' | 'session';

/** Who may give commands: whoever knows the token, and pages that redeemed a one-time code for a session. */
export class Access {
  readonly #tokenDigest: Buffer;
  readonly #sessions: Buffer[] = [];
  readonly #codes: Buffer[] = [];

  constructor(token: string) {
    this.#tokenDigest = digest(token);
  }

  /** A code that opens one session, for the address that is printed. */
  newCode(): string {
    return remember(this.#codes, MAX_CODES);
  }

  /** The secret of a new session, or null if the code is unknown or spent. */
  redeem(code: string): string | null {
    const index = find(this.#codes, code);
    if (index === -1) return null;
    this.#codes.splice(index, 1);
    return remember(this.#sessions, MAX_SESSIONS);
  }

  /** What right the request has, null for none. */
  rightOf(request: FastifyRequest): Right | null {
    const { authorization, cookie } = request.headers;
    if (authorization !== undefined) {
      const given = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(authorization)?.[1] ?? '';
      return timingSafeEqual(digest(given), this.#tokenDigest) ? 'token' : null;
    }
    const session = cookie === undefined ? null : cookieOf(cookie, cookieName(request));
    return session !== null && find(this.#sessions, session) !== -1 ? 'session' : null;
  }

  /** Makes the browser keep the session, out of reach of scripts and of requests that other sites cause. */
  giveCookie(request: FastifyRequest, reply: FastifyReply, session: string): void {
    void reply.header('set-cookie', `${cookieName(request)}=${session}; HttpOnly; SameSite=Strict; Path=/`);
  }
}

/** Cookies know no ports: the name keeps several nodes on one machine apart. */
function cookieName(request: FastifyRequest): string {
  return `astral_${request.socket.localPort ?? 0}`;
}

function cookieOf(header: string, name: string): string | null {
  for (const pair of header.split(';', 64)) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name && value !== undefined) return value;
  }
  return null;
}

/** Digests are compared instead of secrets: equal lengths, and the time tells nothing about a prefix. */
function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function find(digests: readonly Buffer[], secret: string): number {
  const wanted = digest(secret);
  let found = -1;
  for (const [index, known] of digests.entries()) if (timingSafeEqual(known, wanted)) found = index;
  return found;
}

function remember(digests: Buffer[], bound: number): string {
  const secret = newSecret();
  digests.push(digest(secret));
  if (digests.length > bound) digests.shift();
  return secret;
}

/** A fresh secret of 192 bits, safe in addresses and headers. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}
