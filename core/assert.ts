/** Thrown when this program is wrong, never because of what a peer sent. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** States what only a bug can break. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** For the `default` of an exhaustive switch over a union. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
