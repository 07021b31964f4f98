import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { untar } from './untar.js';

/** A browser on this disk and what it needs in its environment. */
interface Installed {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--autoplay-policy=no-user-gesture-required',
  '--mute-audio',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--no-first-run',
];

/**
 * Starts a headless Chromium: the one that `CHROMIUM` names, or the one inside the package `@sparticuz/chromium`, which is
 * unpacked once. `extra` are further flags. The caller closes it.
 */
export async function launchChromium(extra: readonly string[] = []): Promise<Browser> {
  const { path, env } = await install();
  return await chromium.launch({ executablePath: path, args: [...ARGS, ...extra], env: { ...definedEnv(), ...env } });
}

function definedEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

async function install(): Promise<Installed> {
  const own = process.env['CHROMIUM'];
  if (own !== undefined && own !== '') return { path: own, env: {} };
  const home = await unpacked();
  const path = join(home, 'chromium');
  if (await starts(path, {})) return { path, env: {} };
  // The package carries the few libraries that a bare server lacks; elsewhere the system's own are newer.
  const libraries = [join(home, 'lib'), process.env['LD_LIBRARY_PATH']].filter(
    (part) => part !== undefined && part !== '',
  );
  const env = { LD_LIBRARY_PATH: libraries.join(':') };
  if (await starts(path, env)) return { path, env };
  throw new Error(`${path} does not start here; name another browser in CHROMIUM`);
}

async function starts(path: string, env: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    await promisify(execFile)(path, ['--version'], { env: { ...process.env, ...env } });
    return true;
  } catch {
    return false;
  }
}

/** Unpacks the browser and its libraries beside their final place and renames: whoever is first wins, nobody sees half of it. */
async function unpacked(): Promise<string> {
  const packed = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..', '..', 'bin');
  const manifest: unknown = JSON.parse(await readFile(join(packed, '..', 'package.json'), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '0';
  const name = `astral-chromium-${version}-${process.arch}`;
  const cache = await writable([fileURLToPath(new URL('../../../node_modules/.cache/', import.meta.url)), tmpdir()]);
  const home = join(cache, name);
  if (await exists(home)) return home;
  const draft = await mkdtemp(join(cache, `${name}-`));
  await writeFile(join(draft, 'chromium'), await inflate(join(packed, 'chromium.br')), { mode: 0o755 });
  for (const file of untar(await inflate(join(packed, 'al2023.tar.br')))) {
    const target = join(draft, 'lib', basename(normalize(file.path)));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, file.bytes, { mode: 0o755 });
  }
  try {
    await rename(draft, home);
  } catch (error) {
    await rm(draft, { recursive: true });
    if (!(await exists(home))) throw error;
  }
  return home;
}

async function inflate(path: string): Promise<Buffer> {
  return await promisify(brotliDecompress)(await readFile(path));
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** The first of these folders that can be made and written. */
async function writable(folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    try {
      await mkdir(folder, { recursive: true });
      await rm(await mkdtemp(join(folder, 'probe-')), { recursive: true });
      return folder;
    } catch {
      continue;
    }
  }
  throw new Error(`none of these can be written: ${folders.join(', ')}`);
}
