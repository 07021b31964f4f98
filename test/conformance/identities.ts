import type { Identity } from '../../core/config.js';
import { createCrypto, importKey } from '../../transports/crypto.js';

export const crypto = createCrypto();

/** The same identity for the same number, from 0 to 255. */
export function identityOf(index: number): Identity {
  const key = importKey(new Uint8Array(32).fill(index));
  return { id: crypto.idOf(key.publicKey), key, durable: null };
}
