import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { SUBPROTOCOL } from '../../transports/websocket-settings.js';

/** How a connection ended: the status of the close frame that came, if one did. */
export interface Ending {
  readonly status: number | null;
  readonly afterMs: number;
}

/** Bytes on a TCP connection to a WebSocket port, with none of a library's manners. */
export class RawSocket {
  readonly socket: Socket;
  readonly #openedAt = performance.now();
  #bytes = Buffer.alloc(0);
  #upgraded = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (part) => (this.#bytes = Buffer.concat([this.#bytes, part])));
    socket.on('error', () => socket.destroy());
  }

  static async open(address: string): Promise<RawSocket> {
    const url = new URL(address);
    const raw = new RawSocket(connect(Number(url.port), url.hostname));
    await once(raw.socket, 'connect');
    return raw;
  }

  /** Opens and goes through the WebSocket upgrade; resolves to what the server answered. */
  static async upgrade(address: string, headers = ''): Promise<{ raw: RawSocket; response: string }> {
    const raw = await RawSocket.open(address);
    raw.socket.write(upgradeRequest(headers));
    while (!raw.text.includes('\r\n\r\n')) await once(raw.socket, 'data');
    const end = raw.text.indexOf('\r\n\r\n') + 4;
    const response = raw.text.slice(0, end);
    raw.#bytes = raw.#bytes.subarray(end);
    raw.#upgraded = true;
    return { raw, response };
  }

  get text(): string {
    return this.#bytes.toString('latin1');
  }

  write(...parts: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** Waits for the end and looks for the close frame, skipping what came before. */
  async ending(): Promise<Ending> {
    if (!this.socket.closed) await new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
    const afterMs = performance.now() - this.#openedAt;
    let at = 0;
    while (this.#upgraded && at + 2 <= this.#bytes.length) {
      const opcode = (this.#bytes[at] as number) & 0x0f;
      const short = this.#bytes[at + 1] as number;
      const length = short === 126 ? this.#bytes.readUInt16BE(at + 2) : short;
      const body = at + (short === 126 ? 4 : 2);
      if (opcode === 8) return { status: this.#bytes.readUInt16BE(body), afterMs };
      at = body + length;
    }
    return { status: null, afterMs };
  }
}

export function upgradeRequest(headers: string): string {
  return [
    'GET / HTTP/1.1',
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    headers.includes('Sec-WebSocket-Protocol') ? headers : `Sec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n${headers}`,
  ]
    .join('\r\n')
    .replace(/(\r\n)*$/, '\r\n\r\n');
}

/** One WebSocket frame; `length` may lie about the payload, and `mask` be left out where the protocol demands one. */
export function frame(
  payload: Uint8Array,
  { fin = true, opcode = 2, rsv = 0, mask = true, length = BigInt(payload.length) } = {},
): Buffer {
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const masked = mask ? 0x80 : 0;
  const short = length < 126n ? Number(length) : length < 65_536n ? 126 : 127;
  const extended = Buffer.alloc(short === 126 ? 2 : short === 127 ? 8 : 0);
  if (short === 126) extended.writeUInt16BE(Number(length));
  if (short === 127) extended.writeBigUInt64BE(length);
  const key = Buffer.alloc(mask ? 4 : 0);
  return Buffer.concat([Buffer.of(first, masked | short), extended, key, payload]);
}
