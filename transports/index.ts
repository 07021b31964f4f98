/** What a live node, a directory and their tests need of the world outside the core. */
export { createCrypto, exportKey, generateKeyPair, importKey } from './crypto.js';
export { DirectoryPort, type FrameAnswer } from './directory-port.js';
export { FRAME_ROUTE, FRAME_TYPE, NODE_HEADER } from './http-directory.js';
export { JournalFile } from './journal.js';
export { Loopback } from './loopback.js';
export { SystemClock } from './system-clock.js';
export { DIAL_TIMEOUT_MS, type Connection, type DialResult, type Listener, type Transport } from './transport.js';
export { WebSocketTransport } from './websocket.js';
export type { WebSocketListenOptions } from './websocket-listener.js';
export { WireNetwork, type WireCounters, type WireNetworkOptions } from './wire-network.js';
