import type { Crypto, KeyPair, Rng } from '../core/machine.js';
import type { NodeId } from '../core/units.js';
import { type Lanes, mix, spread } from './mixing.js';

/** Operations so far, the fast ones included, so that a world can charge what real cryptography would cost. */
export interface CryptoCosts {
  sign: number;
  verify: number;
  hash: number;
}

/** Cryptography of a simulated world. Only the world hands out keys; machines see the `Crypto` port. */
export interface SimCrypto extends Crypto {
  readonly costs: CryptoCosts;
  /** The same label gives the same key, and the label is the id of the key. */
  keyPair(label: NodeId): KeyPair;
}

const KEY_BYTES = 32;
const HASH_BYTES = 32;
const SIGNATURE_BYTES = 64;

interface Owner {
  readonly label: NodeId;
  readonly publicKey: Uint8Array;
  readonly lanes: Lanes;
}

/** What a signature object is known to be good for. */
interface Signed {
  readonly publicKey: Uint8Array;
  readonly bytes: Uint8Array;
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}

/**
 * A stand-in with the sizes of Ed25519 and SHA-256. A signature is a hash of the bytes keyed with the secret, so only who
 * holds the key pair can make one, and one that went through the codec still verifies. Objects that were signed or hashed
 * before are recognised by identity: what is shared must not be changed in place, a forger works on a copy.
 */
export function createSimCrypto(rng: Rng): SimCrypto {
  const pairs = new Map<NodeId, KeyPair>();
  const secrets = new WeakMap<object, Owner>();
  /** By the first bytes of their keys. */
  const owners = new Map<number, Owner[]>();
  const signed = new WeakMap<Uint8Array, Signed>();
  const hashes = new WeakMap<Uint8Array, Uint8Array>();
  const hashLanes: Lanes = drawLanes(rng.fork('hash'));
  const costs: CryptoCosts = { sign: 0, verify: 0, hash: 0 };

  function hash(bytes: Uint8Array): Uint8Array {
    costs.hash++;
    const known = hashes.get(bytes);
    if (known !== undefined) return known;
    const digest = spread(mix(hashLanes, bytes), HASH_BYTES);
    hashes.set(bytes, digest);
    return digest;
  }

  function ownerOf(publicKey: Uint8Array): Owner | undefined {
    return owners.get(firstBytes(publicKey))?.find((owner) => equal(owner.publicKey, publicKey));
  }

  return {
    costs,
    hash,

    keyPair(label) {
      const held = pairs.get(label);
      if (held !== undefined) return held;
      const draw = rng.fork(`key/${label}`);
      const publicKey = Uint8Array.from({ length: KEY_BYTES }, () => draw.below(256));
      const owner = { label, publicKey, lanes: drawLanes(draw) };
      const pair = { publicKey, secret: Object.freeze({ label }) };
      secrets.set(pair.secret, owner);
      const alike = owners.get(firstBytes(publicKey));
      if (alike === undefined) owners.set(firstBytes(publicKey), [owner]);
      else alike.push(owner);
      pairs.set(label, pair);
      return pair;
    },

    sign(key, bytes) {
      costs.sign++;
      const secret = secrets.get(key.secret as object);
      if (secret === undefined) throw new TypeError('this key was not made by this world');
      const signature = spread(mix(secret.lanes, bytes), SIGNATURE_BYTES);
      signed.set(signature, { publicKey: secret.publicKey, bytes });
      return signature;
    },

    verify(publicKey, bytes, signature) {
      costs.verify++;
      const known = signed.get(signature);
      if (known !== undefined && known.bytes === bytes && equal(known.publicKey, publicKey)) return true;
      const owner = ownerOf(publicKey);
      return owner !== undefined && equal(spread(mix(owner.lanes, bytes), SIGNATURE_BYTES), signature);
    },

    idOf(publicKey) {
      return ownerOf(publicKey)?.label ?? `unknown-${hash(publicKey).slice(0, 8).join('')}`;
    },
  };
}

/** Six of them: as many as a number holds. */
function firstBytes(key: Uint8Array): number {
  let number = 0;
  for (let index = 0; index < 6 && index < key.length; index++) number = number * 256 + (key[index] as number);
  return number;
}

function drawLanes(rng: Rng): Lanes {
  return { low: rng.below(0x1_0000_0000) | 0, high: rng.below(0x1_0000_0000) | 0 };
}
