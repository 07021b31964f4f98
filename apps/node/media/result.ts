/** Why media that somebody sent us is refused. */
export type MediaError =
  | 'box-size'
  | 'box-too-large'
  | 'box-truncated'
  | 'no-init'
  | 'no-tracks'
  | 'too-many-tracks'
  | 'too-many-samples'
  | 'too-many-fragments'
  | 'bad-codec'
  | 'absolute-offsets'
  | 'init-too-large'
  | 'unknown-track'
  | 'unexpected-box';

/** Outcome of reading bytes that came from outside: never an exception. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: MediaError };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function err(error: MediaError): { readonly ok: false; readonly error: MediaError } {
  return { ok: false, error };
}
