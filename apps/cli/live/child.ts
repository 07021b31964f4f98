import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EnvironmentFault } from '../../exit-codes.js';
import { TIED } from '../../tied.js';

/** The programs as npm links them; seen from `dist/apps/cli/live`. */
const PROGRAMS = new URL('../../../../apps/bin/', import.meta.url);
const READY_MS = 60_000;
/** A node that leaves waits for its consumers to move; when the whole network ends, they have nowhere to go. */
const GRACE_MS = 1_500;
const KILL_MS = 6_000;
const KEPT_CHARACTERS = 4_096;

/** One of our programs as a process of its own. It ends when this process does, however that happens. */
export interface Child {
  readonly pid: number;
  /** What it printed until it was ready, by the first word of the line. */
  readonly printed: ReadonlyMap<string, string>;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /** Asks it to leave, and ends it if it does not. */
  stop(): Promise<void>;
}

/** Starts a program and resolves once it has printed the line that begins with `ready`. */
export async function startChild(
  program: 'astralnode' | 'astral-web',
  args: readonly string[],
  ready: string,
): Promise<Child> {
  const path = fileURLToPath(new URL(`${program}.js`, PROGRAMS));
  // A group of its own: Ctrl-C is for the parent, which ends its children in order.
  const child = spawn(process.execPath, [path, ...args, TIED], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let said = '';
  child.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-KEPT_CHARACTERS)));
  child.stdin.on('error', () => {});
  const ended = new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('exit', () => resolve());
  });
  const running = (): boolean => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  const stop = async (): Promise<void> => {
    if (!running()) return;
    child.kill('SIGTERM');
    const timers = [
      setTimeout(() => child.kill('SIGTERM'), GRACE_MS),
      setTimeout(() => child.kill('SIGKILL'), KILL_MS),
    ];
    await ended;
    timers.forEach(clearTimeout);
  };
  const printed = new Map<string, string>();
  const outcome = await new Promise<'ready' | 'ended' | 'late'>((resolve) => {
    const timer = setTimeout(() => resolve('late'), READY_MS);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [word = '', ...rest] = line.split(/\s+/);
      printed.set(word, rest.join(' '));
      if (word === ready) resolve('ready');
    });
    void ended.then(() => resolve('ended')).finally(() => clearTimeout(timer));
  });
  if (outcome === 'ready') return { pid: child.pid ?? 0, printed, ended, stop };
  await stop();
  const why = outcome === 'late' ? `was not ready within ${READY_MS / 1000} s` : 'ended at its start';
  throw new EnvironmentFault(`${program} ${why}: ${said.trim().split('\n').at(-1) ?? ''}`);
}
