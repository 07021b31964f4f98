import type { CertificateFiles } from '../../transports/certificate.js';
import { certificateOf } from '../certificate.js';
import { listOf, type Settings, type ValuesOf } from '../settings.js';
import { UsageError } from '../exit-codes.js';
import * as value from '../values.js';
import { hostAndPort, peerUrl } from './addresses.js';
import { DEFAULT_PEER_PORT, DEFAULT_PORT, DEFAULT_PROFILE, profileFolder, type NodeOptions } from './options.js';

/** Everything that a node can be told, by flag, `ASTRAL_*` variable or settings file. */
export const NODE_SETTINGS = {
  uuid: {
    flags: '-u, --uuid <name>',
    help: `profile: the name of this node on this machine (default: ${DEFAULT_PROFILE})`,
    schema: value.profileName,
  },
  upstreamLimit: {
    flags: '-l, --upstream-limit <KB/s>',
    help: 'uplink to lend, in kilobytes a second',
    schema: value.kilobytes,
    as: 'uplink',
  },
  uplink: {
    flags: '--uplink <rate>',
    help: 'uplink to lend, such as 8Mbit; a bare number is bits a second (default: 2Mbit)',
    schema: value.rate,
  },
  port: {
    flags: '--port <port>',
    help: `port of the control API and the page, on this machine only (default: ${DEFAULT_PORT} or the next free)`,
    schema: value.port,
  },
  peerPort: {
    flags: '--peer-port <port>',
    help: `port that peers connect to (default: ${DEFAULT_PEER_PORT} or the next free)`,
    schema: value.port,
  },
  listen: {
    flags: '--listen <address>',
    help: 'address that peers connect to (default: 127.0.0.1)',
    schema: value.anyText,
  },
  advertise: {
    flags: '--advertise <host:port>',
    help: 'where peers are told to connect, if not there (wss://... behind a proxy with TLS); none: nowhere',
    schema: value.peerOrNone,
  },
  tlsCert: {
    flags: '--tls-cert <file>',
    help: 'certificate for the peer port (PEM): it speaks TLS, and so must all peers; a renewed file is taken up',
    schema: value.anyText,
  },
  tlsKey: { flags: '--tls-key <file>', help: 'key of that certificate (PEM)', schema: value.anyText },
  insecureLan: {
    flags: '--insecure-lan',
    help: 'on this machine and in its own network take peers without TLS and with any certificate',
    schema: value.flag,
  },
  data: {
    flags: '--data <folder>',
    help: 'folder of identity and state, instead of the profile',
    schema: value.anyText,
  },
  directory: {
    flags: '--directory <url>',
    help: 'directory that helps to find peers',
    schema: listOf(value.webAddress),
    many: true,
  },
  web: {
    flags: '--web <url>',
    help: 'the same as --directory',
    schema: listOf(value.webAddress),
    many: true,
    as: 'directory',
    hidden: true,
  },
  bootstrap: {
    flags: '--bootstrap <host:port>',
    help: 'a peer to start from',
    schema: listOf(value.peer),
    many: true,
  },
  sample: {
    flags: '--sample [name]',
    help: 'publish the bundled sample, as an endless live stream',
    schema: value.streamName,
  },
  watch: {
    flags: '--watch <stream>',
    help: 'watch this stream from the start, by slug or id',
    schema: listOf(value.anyText),
    many: true,
  },
  journal: {
    flags: '--journal <file>',
    help: 'record every input of the protocol in this file',
    schema: value.anyText,
  },
  ephemeral: { flags: '--ephemeral', help: 'a new identity, forgotten at the end', schema: value.flag },
  acceptSeeds: {
    flags: '--accept-seeds',
    help: 'receive and pass on what other nodes ask this one to, though nobody watches it here',
    schema: value.flag,
  },
  report: {
    flags: '--report',
    help: 'show the directories who feeds whom here, for a picture of the whole network',
    schema: value.flag,
  },
} as const satisfies Settings;

type NodeValues = ValuesOf<typeof NODE_SETTINGS>;

/** Folder of the node's identity, null for one that keeps nothing. */
export function folderOf(values: NodeValues): string | null {
  return values.ephemeral === true ? null : (values.data ?? profileFolder(values.uuid ?? DEFAULT_PROFILE));
}

/** What the node is told, defaults filled in. */
export function optionsOf(values: NodeValues): NodeOptions {
  const certificate = certificateOf(values);
  if (certificate !== null) checkName(certificate, values.advertise);
  return {
    data: folderOf(values),
    port: values.port ?? null,
    peerPort: values.peerPort ?? null,
    listen: values.listen ?? '127.0.0.1',
    advertise: values.advertise ?? null,
    certificate,
    insecureLan: values.insecureLan === true,
    directory: values.directory ?? [],
    bootstrap: values.bootstrap ?? [],
    uplink: values.uplink ?? null,
    journal: values.journal ?? null,
    // `--sample` alone is read as true.
    sample: values.sample === undefined ? [] : [values.sample === 'true' ? 'Sample' : values.sample],
    watch: values.watch ?? [],
    acceptSeeds: values.acceptSeeds === true,
    report: values.report === true,
    name: values.uuid ?? null,
  };
}

/** Nobody could dial a node whose certificate is for another name. */
function checkName(certificate: CertificateFiles, advertise: string | undefined): void {
  const { host } = hostAndPort(advertise === undefined ? null : peerUrl(advertise, true));
  if (host !== null && advertise !== 'none' && !certificate.isFor(host))
    throw new UsageError(`--advertise: the certificate is not for ${host}, only for ${certificate.names}`);
}
