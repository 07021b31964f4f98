import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';

/** How often the files are looked at for a renewal. */
const LOOK_MS = 60_000;

/** What a server proves its name with, as the text of PEM files: its certificate and those that vouch for it, and the key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** The message says which file cannot be used and why. */
export class CertificateError extends Error {}

/** A certificate and its key in two PEM files, which whoever renews it replaces under the same names. */
export class CertificateFiles {
  readonly #certFile: string;
  readonly #keyFile: string;
  readonly #lookMs: number;
  #stamp: string;
  #current: Certificate;

  /** Throws a `CertificateError` when the files hold no pair that can be served with now. */
  constructor(certFile: string, keyFile: string, lookMs = LOOK_MS) {
    this.#certFile = certFile;
    this.#keyFile = keyFile;
    this.#lookMs = lookMs;
    this.#stamp = this.#stampOf();
    this.#current = this.#read();
  }

  get current(): Certificate {
    return this.#current;
  }

  /** Whether dialling this host name or address ends at this certificate. */
  isFor(host: string): boolean {
    const certificate = new X509Certificate(this.#current.cert);
    const bare = host.replace(/^\[|\]$/g, '');
    return (isIP(bare) === 0 ? certificate.checkHost(bare) : certificate.checkIP(bare)) !== undefined;
  }

  /** The names and addresses that it is for, as text. */
  get names(): string {
    return new X509Certificate(this.#current.cert).subjectAltName ?? 'none';
  }

  /**
   * Calls `renewed` with each new pair. What cannot be used is told once and the pair at hand stays: files are replaced
   * one after the other. Returns how to stop looking.
   */
  watch(renewed: (certificate: Certificate) => void, failed: (why: string) => void): () => void {
    const timer = setInterval(() => {
      const stamp = this.#stampOf();
      if (stamp === this.#stamp) return;
      this.#stamp = stamp;
      try {
        this.#current = this.#read();
        renewed(this.#current);
      } catch (error) {
        failed((error as Error).message);
      }
    }, this.#lookMs);
    timer.unref();
    return () => clearInterval(timer);
  }

  #read(): Certificate {
    const pair = { cert: textOf(this.#certFile), key: textOf(this.#keyFile) };
    try {
      createSecureContext(pair);
    } catch (error) {
      throw new CertificateError(`${this.#certFile} and ${this.#keyFile}: no pair (${(error as Error).message})`);
    }
    const end = new Date(new X509Certificate(pair.cert).validTo);
    if (end.getTime() < Date.now())
      throw new CertificateError(`${this.#certFile}: has expired on ${end.toISOString().slice(0, 10)}; renew it`);
    return pair;
  }

  /** Changes whenever one of the files does. */
  #stampOf(): string {
    return [this.#certFile, this.#keyFile]
      .map((file) => statSync(file, { throwIfNoEntry: false }))
      .map((stat) => (stat === undefined ? 'gone' : `${stat.ino} ${stat.mtimeMs} ${stat.size}`))
      .join(' ');
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CertificateError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}
