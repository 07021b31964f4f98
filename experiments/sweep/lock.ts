import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Not TMPDIR: that may differ between two processes, which would then not see each other; it may not be there on the
 * machine that a job is sent to; and the name of a socket is cut off after 107 characters.
 */
const FOLDER = existsSync('/tmp') ? '/tmp' : tmpdir();

/**
 * Keeps two processes of this machine from doing the same part of a sweep. The lock is a socket that listens: it ends
 * with its process however that ends, so no killed sweep blocks the next. Answers null when somebody else has it.
 */
export async function lockPart(folder: string, part: string): Promise<Server | null> {
  const name = createHash('sha256')
    .update(`${process.getuid?.() ?? ''} ${realpathSync(folder)} ${part}`)
    .digest('hex');
  const socket =
    process.platform === 'win32' ? `\\\\.\\pipe\\astral-${name}` : join(FOLDER, `astral-${name.slice(0, 24)}.sock`);
  for (let attempt = 0; attempt < 3; attempt++) {
    const server = createServer((connection) => connection.destroy());
    try {
      server.listen(socket);
      await once(server, 'listening');
      server.unref();
      return server;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
    if (await answers(socket)) return null;
    rmSync(socket, { force: true });
    await sleep(20 * attempt);
  }
  return null;
}

/** Whether a living process listens there. */
async function answers(socket: string): Promise<boolean> {
  const connection = connect(socket);
  try {
    await once(connection, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}
