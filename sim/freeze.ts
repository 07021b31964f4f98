/**
 * Freezes a message with all that it refers to, so that a machine that changes what it shares with others fails at
 * once. Typed arrays cannot be frozen; what is frozen already is taken to be so all the way down.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
