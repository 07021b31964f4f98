import { execFileSync } from 'node:child_process';

/**
 * Installs what a test needs beyond npm, on build servers only: with `CI=true` and as root, from Debian's packages. A
 * user's machine is left as it is. Throws when Debian cannot deliver.
 */
export function installOnBuildServers(...packages: readonly string[]): void {
  if (process.env['CI'] !== 'true' || process.getuid?.() !== 0) return;
  const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
  execFileSync('apt-get', ['update'], options);
  execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options);
}
