import type { Server, Socket } from 'node:net';
import { countedAs } from './counted-as.js';

/** Cuts sockets above the caps, in all and of one address, before a byte of them is read. */
export function capSockets(server: Server, most: number, mostOfOne: number): void {
  server.maxConnections = most;
  const byAddress = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = countedAs(socket.remoteAddress ?? 'unknown');
    const open = (byAddress.get(address) ?? 0) + 1;
    byAddress.set(address, open);
    socket.once('close', () => {
      const left = (byAddress.get(address) ?? 1) - 1;
      if (left === 0) byAddress.delete(address);
      else byAddress.set(address, left);
    });
    if (open > mostOfOne) socket.destroy();
  });
}
