import { CertificateError, CertificateFiles } from '../transports/certificate.js';
import { UsageError } from './exit-codes.js';

/** The certificate named by the two flags, null when neither is given. Throws a `UsageError` for what cannot be served with. */
export function certificateOf(values: {
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}): CertificateFiles | null {
  const { tlsCert, tlsKey } = values;
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsKey === undefined) throw new UsageError('--tls-cert: needs --tls-key too');
  if (tlsCert === undefined) throw new UsageError('--tls-key: needs --tls-cert too');
  try {
    return new CertificateFiles(tlsCert, tlsKey);
  } catch (error) {
    throw error instanceof CertificateError ? new UsageError(`--tls-cert: ${error.message}`) : error;
  }
}
