import { WebSocketTransport } from '../../transports/websocket.js';

/**
 * Dials the addresses of the command line as a node with TLS does, and prints what came of each as a line of JSON. A
 * process of its own, since Node reads which authorities it trusts at its start.
 */
const addresses = process.argv.slice(2);
for (const address of addresses) {
  let distrust: string | null = null;
  const transport = new WebSocketTransport({ tlsOnly: true, onDistrust: (_address, why) => (distrust = why) });
  const taken = transport.takes(address);
  const ok =
    taken &&
    (await new Promise<boolean>((resolve) => {
      transport.dial(address, (result) => {
        if (result.ok) result.connection.destroy();
        resolve(result.ok);
      });
    }));
  process.stdout.write(`${JSON.stringify({ taken, ok, distrust })}\n`);
}
