import type { Manifest } from '../chunk.js';
import type { Crypto, KeyPair } from '../machine.js';
import type { NodeRecord, SupernodeRecord } from '../message.js';
import { writeManifestBody, writeRecordBody, writeSupernodeBody } from '../wire/fields.js';
import type { NodeId } from '../units.js';
import { Writer } from '../wire/writer.js';

/**
 * What a signature is for stands in front of what is signed, so that none can be taken for another: a length and one of
 * these. Chunk headers start with a letter that is no such length.
 */
const DOMAINS = {
  manifest: 'astral manifest 1',
  record: 'astral record 1',
  supernode: 'astral supernode 1',
  report: 'astral report 1',
} as const;

/** Bytes of `Crypto.hash`. */
const HASH_BYTES = 32;

/** Network id of the open network. */
export const OPEN_NETWORK = 'astral';

function manifestBytes(manifest: Omit<Manifest, 'signature'>): Uint8Array {
  const writer = new Writer(manifest.init.length + 256);
  writer.text(DOMAINS.manifest);
  writeManifestBody(writer, manifest);
  return writer.finish();
}

function recordBytes(record: Omit<NodeRecord, 'signature'>, network: string): Uint8Array {
  const writer = new Writer();
  writer.text(DOMAINS.record);
  writer.text(network);
  writeRecordBody(writer, record);
  return writer.finish();
}

/** Throws when a field breaks a bound of `LIMITS`. */
export function signManifest(crypto: Crypto, key: KeyPair, manifest: Omit<Manifest, 'signature'>): Manifest {
  return { ...manifest, signature: crypto.sign(key, manifestBytes(manifest)) };
}

/** Whether the stream's id stands for the key in the manifest and that key signed it. */
export function verifyManifest(crypto: Crypto, manifest: Manifest): boolean {
  if (crypto.idOf(manifest.publicKey) !== manifest.stream) return false;
  return crypto.verify(manifest.publicKey, manifestBytes(manifest), manifest.signature);
}

/** The network id is signed but does not travel: a record is worth nothing in another network. */
export function signRecord(
  crypto: Crypto,
  key: KeyPair,
  record: Omit<NodeRecord, 'signature'>,
  network: string = OPEN_NETWORK,
): NodeRecord {
  return { ...record, signature: crypto.sign(key, recordBytes(record, network)) };
}

/** Whether the node's id stands for the key in the record and that key signed it for this network. */
export function verifyRecord(crypto: Crypto, record: NodeRecord, network: string = OPEN_NETWORK): boolean {
  if (crypto.idOf(record.publicKey) !== record.node) return false;
  return crypto.verify(record.publicKey, recordBytes(record, network), record.signature);
}

/** What a node tells a directory about its own state, to be shown to people. Only the signature is the core's affair. */
export interface Report {
  readonly publicKey: Uint8Array;
  /** Rises with each report of the node. */
  readonly seq: number;
  readonly text: Uint8Array;
  readonly signature: Uint8Array;
}

function reportBytes(crypto: Crypto, report: Pick<Report, 'seq' | 'text'>, network: string): Uint8Array {
  const writer = new Writer();
  writer.text(DOMAINS.report);
  writer.text(network);
  writer.varint(report.seq);
  writer.raw(crypto.hash(report.text), HASH_BYTES);
  return writer.finish();
}

export function signReport(
  crypto: Crypto,
  key: KeyPair,
  report: Pick<Report, 'seq' | 'text'>,
  network: string = OPEN_NETWORK,
): Report {
  return { ...report, publicKey: key.publicKey, signature: crypto.sign(key, reportBytes(crypto, report, network)) };
}

/** The node that made the report, null if nobody did so for this network. */
export function reporterOf(crypto: Crypto, report: Report, network: string = OPEN_NETWORK): NodeId | null {
  const genuine = crypto.verify(report.publicKey, reportBytes(crypto, report, network), report.signature);
  return genuine ? crypto.idOf(report.publicKey) : null;
}

function supernodeBytes(record: Omit<SupernodeRecord, 'signature'>, network: string): Uint8Array {
  const writer = new Writer();
  writer.text(DOMAINS.supernode);
  writer.text(network);
  writeSupernodeBody(writer, record);
  return writer.finish();
}

/** Like `signRecord`; a record of the one kind is never taken for one of the other. */
export function signSupernode(
  crypto: Crypto,
  key: KeyPair,
  record: Omit<SupernodeRecord, 'signature'>,
  network: string = OPEN_NETWORK,
): SupernodeRecord {
  return { ...record, signature: crypto.sign(key, supernodeBytes(record, network)) };
}

export function verifySupernode(crypto: Crypto, record: SupernodeRecord, network: string = OPEN_NETWORK): boolean {
  if (crypto.idOf(record.publicKey) !== record.node) return false;
  return crypto.verify(record.publicKey, supernodeBytes(record, network), record.signature);
}
