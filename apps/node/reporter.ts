import type { Crypto, KeyPair } from '../../core/machine.js';
import type { View } from '../../core/view.js';
import { REPORT_ROUTE, sealReport } from '../report.js';

export interface ReporterPorts {
  readonly crypto: Crypto;
  readonly key: KeyPair;
  /** What people call this node; null for nothing. */
  readonly name: string | null;
  readonly directories: readonly string[];
  readonly view: () => View;
  /** The node's clock, microseconds. */
  readonly now: () => number;
}

const EVERY_MS = 1_000;
const TIMEOUT_MS = 3_000;
/** Pause after a directory that takes no reports, or does not answer. */
const PAUSE_MS = 10_000;

/** Tells the directories this node's state every second; returns a function that stops. A directory that fails costs nothing. */
export function startReporting(ports: ReporterPorts): () => void {
  const end = new AbortController();
  const timers = ports.directories.map((directory) => {
    let quietUntil = 0;
    let busy = false;
    return setInterval(() => {
      if (busy || performance.now() < quietUntil) return;
      busy = true;
      void post(new URL(REPORT_ROUTE, directory), ports, end.signal).then((taken) => {
        busy = false;
        if (!taken) quietUntil = performance.now() + PAUSE_MS;
      });
    }, EVERY_MS);
  });
  return () => {
    for (const timer of timers) clearInterval(timer);
    end.abort();
  };
}

/** Whether the directory took it. Redirects are not followed: a directory must not make this node ask others. */
async function post(url: URL, { crypto, key, name, view, now }: ReporterPorts, end: AbortSignal): Promise<boolean> {
  // The wall clock, so that reports of a later run count as later.
  const body = sealReport(crypto, key, Date.now(), { at: now(), name, view: view() });
  if (body === null) return false;
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      redirect: 'error',
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.any([end, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
