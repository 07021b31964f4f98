import { request } from 'node:http';
import { join } from 'node:path';
import { EnvironmentFault, UsageError } from '../exit-codes.js';
import { readPrivate } from '../node/files.js';
import type { Json } from './actions.js';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 8 * 1024 * 1024;

/** A node's control API, with the token of its owner. */
export class ControlClient {
  readonly #url: string;
  readonly #token: string;

  /** Throws a `UsageError` for an address elsewhere: the token must not leave this machine. */
  constructor(url: string, token: string) {
    const { protocol = '', hostname = '', origin = '' } = URL.canParse(url) ? new URL(url) : {};
    if (protocol !== 'http:' || (hostname !== '127.0.0.1' && hostname !== 'localhost')) {
      throw new UsageError(`${url} is no address of a control API on this machine, such as http://127.0.0.1:8000`);
    }
    this.#url = origin;
    this.#token = token;
  }

  /** The client for the node that runs with this folder. */
  static of(folder: string): ControlClient {
    const url = readPrivate(join(folder, 'url'))?.toString().trim();
    if (url === undefined) throw new EnvironmentFault(`no node runs with ${folder}; start it with astralnode`);
    return ControlClient.at(url, folder);
  }

  /** The client for a node at an address, with the token in the folder. */
  static at(url: string, folder: string): ControlClient {
    const token = readPrivate(join(folder, 'token'))?.toString().trim();
    if (token === undefined) throw new EnvironmentFault(`${folder} holds no token; name the node's profile or folder`);
    return new ControlClient(url, token);
  }

  get url(): string {
    return this.#url;
  }

  /** The parsed answer; throws an `EnvironmentFault` with the node's own words when it is not a success. */
  async call(method: string, path: string, body?: unknown): Promise<Json> {
    const { status, text } = await this.#send(method, path, body === undefined ? null : JSON.stringify(body));
    let answer: unknown = null;
    try {
      answer = JSON.parse(text);
    } catch {
      throw new EnvironmentFault(`${this.#url} does not answer as a node does`);
    }
    if (status < 300 && typeof answer === 'object' && answer !== null) return answer as Json;
    const why =
      typeof answer === 'object' && answer !== null && 'error' in answer ? String(answer.error) : String(status);
    throw new EnvironmentFault(`${method} ${path}: ${why}`);
  }

  #send(method: string, path: string, body: string | null): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${this.#token}`,
        ...(body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      };
      const fail = (error: Error): void => {
        reject(new EnvironmentFault(`no node answers at ${this.#url} (${error.message})`, { cause: error }));
      };
      const outgoing = request(new URL(path, this.#url), { method, headers, timeout: TIMEOUT_MS }, (response) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        response.on('data', (piece: Buffer) => {
          bytes += piece.length;
          if (bytes > MAX_BYTES) response.destroy(new Error('the answer is too long'));
          else pieces.push(piece);
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString() }));
        response.on('error', fail);
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error('it takes too long')));
      outgoing.on('error', fail);
      outgoing.end(body ?? undefined);
    });
  }
}
