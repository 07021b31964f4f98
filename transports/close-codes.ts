import type { ByeCode } from '../core/machine.js';
import type { CloseCode } from './transport.js';

/** WebSocket close codes 4000 and up, by position. Append only. */
const CODES: readonly ByeCode[] = ['leaving', 'idle', 'protocol', 'identity', 'version', 'busy', 'duplicate', 'flow'];
const BASE = 4000;

export function closeStatus(code: ByeCode): number {
  return BASE + CODES.indexOf(code);
}

/** What a WebSocket's closing status means; 1006 is a path that broke, other standard codes blame the protocol. */
export function closeCode(status: number): CloseCode {
  const code = CODES[status - BASE];
  if (code !== undefined) return code;
  if (status === 1000 || status === 1001 || status === 1005) return 'closed';
  return status === 1006 ? 'reset' : 'protocol';
}

/** A close frame has room for 123 bytes of UTF-8; printable ASCII cannot be cut in the middle of a character. */
export function closeDetail(detail: string): string {
  return detail.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
}
