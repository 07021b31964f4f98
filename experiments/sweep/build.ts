import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The compiled code on which the outcome of a run depends, seen from `dist/experiments/sweep`. */
const PARTS = ['../../core/', '../../sim/', '../rivals/', '../protocols.js'];

/**
 * Fingerprint of that code. A version number alone would let somebody resume a sweep after changing the protocol, and
 * mix the results of two protocols under one name.
 */
export function buildFingerprint(): string {
  const hash = createHash('sha256');
  for (const part of PARTS) {
    const path = fileURLToPath(new URL(part, import.meta.url));
    if (!part.endsWith('/')) hash.update(part).update(readFileSync(path));
    else {
      const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
      for (const name of files.sort()) hash.update(part + name).update(readFileSync(path + name));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
