import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, EnvironmentFault } from '../exit-codes.js';
import { ownerOf, runs } from './claim.js';
import { ensurePrivateFolder } from './files.js';

const START_MS = 30_000;
/** A node hands its consumers over before it ends. */
const STOP_MS = 15_000;
const LOOK_MS = 50;
/** Variable that tells a daemon from a node that another program runs for itself. */
const MARK = 'ASTRAL_DAEMON';
/** A log that is larger when a daemon starts is put aside. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** Starts a node in the background, waits until it is up and prints what it says. Resolves to the exit code. */
export async function startDaemon(folder: string, argv: readonly string[]): Promise<number> {
  ensurePrivateFolder(folder);
  const running = ownerOf(join(folder, 'pid'));
  if (running !== null)
    throw new EnvironmentFault(`process ${running.pid} runs with ${folder} already; -D restart starts it anew`);
  const path = join(folder, 'log');
  const log = openLog(path);
  const [node = process.execPath, script = '', ...args] = argv;
  const child = spawn(node, [script, ...withoutDaemon(args)], {
    detached: true,
    env: { ...process.env, [MARK]: '1' },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  return await new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new EnvironmentFault(`the node is not up after ${START_MS / 1_000} s; see ${path}`));
    }, START_MS);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(late);
      process.stderr.write(`astralnode: the node did not start; its last words are in ${path}\n`);
      resolve(code ?? EXIT.environment);
    });
    child.on('message', (text) => {
      clearTimeout(late);
      process.stdout.write(`${typeof text === 'string' ? text : ''}log      ${path}\n`);
      child.removeAllListeners('exit');
      child.disconnect();
      child.unref();
      resolve(EXIT.done);
    });
  });
}

/** Ends the node of the folder gracefully, waits until it is gone. That none runs is fine, too. */
export async function stopDaemon(folder: string): Promise<number> {
  const owner = ownerOf(join(folder, 'pid'));
  if (owner === null) {
    process.stdout.write(`no node runs with ${folder}\n`);
    return EXIT.done;
  }
  process.kill(owner.pid, 'SIGTERM');
  for (const end = Date.now() + STOP_MS; Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (runs(owner)) continue;
    process.stdout.write(`stopped  ${owner.pid}\n`);
    return EXIT.done;
  }
  throw new EnvironmentFault(`process ${owner.pid} has not ended after ${STOP_MS / 1_000} s; look at it`);
}

export async function restartDaemon(folder: string, argv: readonly string[]): Promise<number> {
  await stopDaemon(folder);
  return await startDaemon(folder, argv);
}

/** Hands what a daemon has to say to the process that started it; false if there is none. */
export function tellParent(text: string): boolean {
  if (process.env[MARK] !== '1' || process.send === undefined || !process.connected) return false;
  process.send(text, () => process.disconnect());
  return true;
}

function openLog(path: string): number {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) renameSync(path, `${path}.old`);
  return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW, 0o600);
}

/** The arguments of the call without `-D`, in every way that it can be written. */
function withoutDaemon(args: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === '-D' || word === '--daemon') at += 1;
    else if (!word.startsWith('--daemon=') && !/^-D\w/.test(word)) kept.push(word);
  }
  return kept;
}
