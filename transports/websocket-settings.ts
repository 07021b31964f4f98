import { LIMITS } from '../core/limits.js';
import { CLOSE_TIMEOUT_MS } from './transport.js';

/** Offered and demanded in the WebSocket handshake, so that a peer port takes nothing but peers. */
export const SUBPROTOCOL = 'astral.1';

/**
 * The same bounds on both sides. No compression, so that nothing can unfold; no fragments, because a piece is never
 * cut; pongs are sent here and counted, because the library would queue them without end for a peer that reads none.
 */
export const SOCKET_OPTIONS = {
  perMessageDeflate: false,
  maxPayload: LIMITS.pieceBytes,
  maxFragments: 1,
  maxBufferedChunks: LIMITS.pieceBytes,
  autoPong: false,
  closeTimeout: CLOSE_TIMEOUT_MS,
} as const;
