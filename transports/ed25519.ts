/** Checks that RFC 8032 leaves open or that libraries differ on, so that every verifier gives the same verdict. */

/** p = 2^255 - 19 and L = 2^252 + 27742317777372353535851937790883648493, little-endian. */
const FIELD = Buffer.from('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', 'hex');
const ORDER = Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex');

/** The y of all points whose order divides 8: 0, 1, p-1 and the two of order 8. */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

/** Whether one 32 byte little-endian number is less than another. */
function less(left: Uint8Array, right: Uint8Array): boolean {
  for (let index = 31; index >= 0; index--) {
    const difference = (left[index] as number) - (right[index] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Whether 32 bytes are the canonical encoding of a point that is not of small order (if they are a point at all). */
export function isSoundPoint(encoded: Uint8Array): boolean {
  const y = Buffer.from(encoded);
  y[31] = (y[31] as number) & 0x7f;
  return less(y, FIELD) && !SMALL_ORDER.has(y.toString('hex'));
}

/** Whether 32 bytes are a scalar below the order of the base point. */
export function isSoundScalar(encoded: Uint8Array): boolean {
  return less(encoded, ORDER);
}
