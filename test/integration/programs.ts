import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';

/** A program of this project that runs as a process of its own. */
export interface Program {
  readonly process: ChildProcess;
  readonly pid: number;
  /** What it printed when it was ready, by the word in front. */
  readonly printed: ReadonlyMap<string, string>;
  /** Everything on standard error so far. */
  errors(): string;
  /** Resolves to the exit code, or the signal's name. */
  readonly exit: Promise<number | string>;
}

/** A folder that is removed at the end of the test. */
export function scratch(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'astral-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a program of `apps/bin` and waits for the line that begins with `ready`, or for its end; killed with the test. */
export async function startProgram(
  t: ExecutionContext,
  name: string,
  args: readonly string[],
  ready: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<Program> {
  const child = spawn(process.execPath, [`apps/bin/${name}.js`, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const printed = new Map<string, string>();
  let errors = '';
  child.stderr.on('data', (piece: Buffer) => (errors = (errors + piece.toString()).slice(-64 * 1024)));
  const exit = new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  await new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [word = '', ...rest] = line.split(/\s+/);
      printed.set(word, rest.join(' '));
      if (word === ready) resolve();
    });
    void exit.then(() => resolve());
  });
  return { process: child, pid: child.pid ?? 0, printed, errors: () => errors, exit };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One HTTP request with exactly these headers, Host included; nothing is added or followed. */
export function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string | string[]>; body?: string } = {},
): Promise<Answer> {
  const { hostname, port, host } = new URL(url);
  const path = url.slice(url.indexOf('/', 'http://'.length));
  return new Promise((resolve, reject) => {
    const length = options.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(options.body)) };
    const headers = { host, connection: 'close', ...length, ...options.headers };
    const outgoing = request(
      { hostname, port, path, method: options.method ?? 'GET', headers, agent: false },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(pieces).toString(),
          });
        });
        response.on('error', reject);
      },
    );
    outgoing.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' });
    });
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

/** Repeats `look` until it gives something, and fails loudly when the time is over. */
export async function eventually<T>(what: string, seconds: number, look: () => Promise<T | null>): Promise<T> {
  const end = performance.now() + seconds * 1_000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
