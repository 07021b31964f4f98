import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  KeyObject,
  sign as nodeSign,
  verify as nodeVerify,
} from 'node:crypto';
import type { Crypto, KeyPair } from '../core/machine.js';
import { toBase32 } from '../core/wire/base32.js';
import { isSoundPoint, isSoundScalar } from './ed25519.js';

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** DER in front of a raw key (RFC 8410): PKCS #8 for a seed, SubjectPublicKeyInfo for a public key. */
const SEED_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const ID_DOMAIN = 'astral id 1';
/** Parsed public keys kept; parsing costs a fraction of a verification, so a small number will do. */
const CACHED_KEYS = 1_024;

function sha256(...parts: (Uint8Array | string)[]): Uint8Array {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return new Uint8Array(digest.digest());
}

function keyPairOf(secret: KeyObject): KeyPair {
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  return { publicKey: new Uint8Array(spki.subarray(PUBLIC_PREFIX.length)), secret };
}

function secretOf(key: KeyPair): KeyObject {
  if (!(key.secret instanceof KeyObject)) throw new TypeError('this key pair has no secret for this Crypto');
  return key.secret;
}

export function generateKeyPair(): KeyPair {
  return keyPairOf(generateKeyPairSync('ed25519').privateKey);
}

/** The 32 byte seed of a key pair, to be kept secret. */
export function exportKey(key: KeyPair): Uint8Array {
  const pkcs8 = secretOf(key).export({ format: 'der', type: 'pkcs8' });
  return new Uint8Array(pkcs8.subarray(SEED_PREFIX.length));
}

/** The key pair of a 32 byte seed. */
export function importKey(seed: Uint8Array): KeyPair {
  if (seed.length !== KEY_BYTES) throw new RangeError(`a seed has ${KEY_BYTES} bytes, not ${seed.length}`);
  return keyPairOf(createPrivateKey({ key: Buffer.concat([SEED_PREFIX, seed]), format: 'der', type: 'pkcs8' }));
}

/**
 * Ed25519 (RFC 8032, without cofactor as OpenSSL has it) and SHA-256. Keys and nonce points in another than their
 * canonical encoding or of small order verify nothing, since with them one signature fits many messages.
 */
export function createCrypto(): Crypto {
  const parsed = new Map<string, KeyObject | null>();

  /** null for bytes that are no acceptable key. */
  function publicKeyOf(bytes: Uint8Array): KeyObject | null {
    const name = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const known = parsed.get(name);
    if (known !== undefined) return known;
    const key =
      bytes.length === KEY_BYTES && isSoundPoint(bytes)
        ? createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, bytes]), format: 'der', type: 'spki' })
        : null;
    if (parsed.size >= CACHED_KEYS) {
      for (const oldest of parsed.keys()) {
        parsed.delete(oldest);
        break;
      }
    }
    parsed.set(name, key);
    return key;
  }

  return {
    sign: (key, bytes) => new Uint8Array(nodeSign(null, bytes, secretOf(key))),

    verify(publicKey, bytes, signature) {
      if (signature.length !== SIGNATURE_BYTES) return false;
      if (!isSoundPoint(signature.subarray(0, 32)) || !isSoundScalar(signature.subarray(32))) return false;
      const key = publicKeyOf(publicKey);
      return key !== null && nodeVerify(null, bytes, key, signature);
    },

    hash: (bytes) => sha256(bytes),

    idOf: (publicKey) => toBase32(sha256(ID_DOMAIN, publicKey)),
  };
}
