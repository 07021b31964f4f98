import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { LIMITS } from '../../core/limits.js';
import type { CertificateFiles } from '../../transports/certificate.js';

/** Everything that a live node is told at its start. */
export interface NodeOptions {
  /** Folder of its identity and state; null keeps nothing. */
  readonly data: string | null;
  /** Null takes the default port, or the next free one. */
  readonly port: number | null;
  readonly peerPort: number | null;
  /** Address that peers connect to. */
  readonly listen: string;
  /** `host:port` or address that other nodes are told, `none` to tell them nothing, null for what it listens on. */
  readonly advertise: string | null;
  /** Of the peer port; null for one without TLS. */
  readonly certificate: CertificateFiles | null;
  /** Whether nodes on this machine and in its own network need neither TLS nor a certificate that is trusted. */
  readonly insecureLan: boolean;
  readonly directory: readonly string[];
  readonly bootstrap: readonly string[];
  /** Bits per second lent to the overlay. */
  readonly uplink: number | null;
  readonly journal: string | null;
  /** Streams to publish from the bundled sample, by name. */
  readonly sample: readonly string[];
  /** Streams to watch from the start, by slug or id. */
  readonly watch: readonly string[];
  /** Whether other nodes may ask this one to receive a stream and pass it on. */
  readonly acceptSeeds: boolean;
  /** Tell the directories this node's state, under a name if it has one: who feeds whom is then public. */
  readonly report: boolean;
  readonly name: string | null;
}

export const DEFAULT_PORT = 8000;
export const DEFAULT_PEER_PORT = 8001;
/** Characters of the name of a stream, each of which may take four bytes of a manifest. */
export const MAX_STREAM_NAME = LIMITS.stringBytes / 4;
export const DEFAULT_PROFILE = 'default';

/** Where the node of this name keeps its files, after the XDG base directory specification. */
export function profileFolder(name: string, env: NodeJS.ProcessEnv = process.env): string {
  const state = env['XDG_STATE_HOME'];
  const base = state !== undefined && state.startsWith('/') ? state : join(homedir(), '.local', 'state');
  return resolve(base, 'astral', name);
}
