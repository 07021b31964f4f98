import { EnvironmentFault } from './exit-codes.js';
import { codeOf } from './node/files.js';

/** Ports tried after a taken default. */
const TRIES = 100;

/**
 * Listens by `open` on the port that was given, or on the first free one from the default on. A port given by hand is
 * taken or refused, never moved; 0 lets the system choose.
 */
export async function listenOn<T>(
  what: string,
  given: number | null,
  preferred: number,
  open: (port: number) => Promise<T>,
): Promise<T> {
  const first = given ?? preferred;
  const last = given === null ? Math.min(first + TRIES, 65_535) : first;
  for (let port = first; ; port += 1) {
    try {
      return await open(port);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EADDRINUSE' && port < last) continue;
      throw new EnvironmentFault(`${what} ${port} ${explain(code)}`, { cause: error });
    }
  }
}

function explain(code: string): string {
  if (code === 'EADDRINUSE') return 'is taken; give another one or none at all';
  if (code === 'EACCES') return 'needs rights this process lacks; give one above 1023';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return 'cannot be opened: --listen names no address of this machine; 0.0.0.0 takes all';
  return `cannot be listened on (${code === '' ? 'unknown reason' : code})`;
}
