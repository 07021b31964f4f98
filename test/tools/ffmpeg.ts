import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import type { ExecutionContext } from 'ava';
import { installOnBuildServers } from './debian.js';

/**
 * Whether ffmpeg is there. On a build server (`CI=true`, as root) a missing one is installed from Debian's packages, and a
 * failure to do so fails the test; on anybody else's machine nothing is installed, and the test says loudly what it skips.
 */
export function hasFfmpeg(t: ExecutionContext): boolean {
  if (runs()) return true;
  if (process.env['CI'] !== 'true') {
    const how = 'install it, for instance by: apt-get install ffmpeg';
    console.error(`SKIPPED: ffmpeg is not installed, so "${t.title}" was not tried; ${how}`);
    t.log('SKIPPED: ffmpeg is not installed');
    t.pass();
    return false;
  }
  installOnBuildServers('ffmpeg');
  if (!runs())
    throw new Error('ffmpeg is missing; with CI=true it must be there, or be installable by root from Debian');
  return true;
}

function runs(): boolean {
  return ['ffmpeg', 'ffprobe'].every((name) => spawnSync(name, ['-version'], { stdio: 'ignore' }).status === 0);
}

/** How a program ended and what it wrote. */
export interface Outcome {
  readonly code: number | string;
  readonly out: string;
  readonly errors: string;
}

/** A running ffmpeg or ffprobe; killed with the test. */
export interface Running {
  readonly process: ChildProcess;
  readonly exit: Promise<Outcome>;
}

export function start(t: ExecutionContext, program: 'ffmpeg' | 'ffprobe', args: readonly string[]): Running {
  const child = spawn(program, ['-hide_banner', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let errors = '';
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (errors = (errors + piece.toString()).slice(-64 * 1024)));
  const exit = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? signal ?? 'unknown', out, errors }));
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return { process: child, exit };
}

/** Arguments that push a live test picture with a tone, as the user's guide says; at this rate keyframes do not begin fragments. */
export function pushTestPicture(url: string, token: string, size: string): string[] {
  const inputs = `-re -f lavfi -i testsrc2=size=${size}:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000`;
  const video = '-c:v libx264 -profile:v baseline -preset ultrafast -tune zerolatency -pix_fmt yuv420p -b:v 600k -g 25';
  const output =
    '-c:a aac -b:a 96k -movflags +cmaf+empty_moov+default_base_moof -frag_duration 100000 -f mp4 -method PUT';
  const flags = ['-loglevel', 'error', ...`${inputs} ${video} ${output}`.split(' ')];
  return [...flags, '-headers', `Authorization: Bearer ${token}\r\n`, url];
}
