import { spawn } from 'node:child_process';

/** Shows an address in the browser of whoever sits at this machine; false when nobody seems to. */
export function openBrowser(url: string): boolean {
  const { platform, env } = process;
  const screen = platform === 'darwin' || platform === 'win32' || 'DISPLAY' in env || 'WAYLAND_DISPLAY' in env;
  if (!screen || !process.stdout.isTTY) return false;
  const [command, args] =
    platform === 'darwin'
      ? ['open', [url]]
      : platform === 'win32'
        ? ['rundll32', ['url.dll,FileProtocolHandler', url]]
        : ['xdg-open', [url]];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  // Without a browser the address that was printed has to do.
  child.on('error', () => {});
  child.unref();
  return true;
}
