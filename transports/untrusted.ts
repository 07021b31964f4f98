/** What Node says of a certificate that it does not trust; a server without TLS answers with what is no TLS at all. */
const CODES =
  /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH_|EPROTO$|ERR_SSL_)/;

/** Why the other end is not who it has to be, in words; null when the error is another one. `fetch` hides it in a cause. */
export function distrust(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = 'code' in at ? String(at.code) : '';
    if (CODES.test(code)) return code === 'EPROTO' || code.startsWith('ERR_SSL_') ? 'speaks no TLS' : at.message;
  }
  return null;
}
