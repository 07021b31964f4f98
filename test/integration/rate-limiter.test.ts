import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import test from 'ava';
import type { Machine } from '../../core/machine.js';
import { SECOND, type Time } from '../../core/units.js';
import { uniformPaths } from '../../sim/geography.js';
import { World } from '../../sim/world.js';
import { installOnBuildServers } from '../tools/debian.js';

const RATE = 8_000_000;
const BYTES = 3_000_000;
/** What of a full packet on an Ethernet path is payload: the limiter counts the rest, too. */
const PAYLOAD = 1_448 / 1_514;
const PIECE = 16_384;
const AGREEMENT = 0.05;

const tools = ['/usr/sbin/tc', '/usr/sbin/ip', '/usr/bin/unshare', '/usr/bin/nsenter'];
if (!tools.every((path) => existsSync(path))) installOnBuildServers('iproute2', 'util-linux');
const missing = process.getuid?.() === 0 ? tools.filter((path) => !existsSync(path)) : ['root'];

/** Two network name spaces joined by a cable, with a token bucket of the kernel (tc-tbf) on the sender's end. */
const LAYOUT = `
set -e
unshare -n sleep 60 & far=$!
trap 'kill $far' EXIT
while [ "$(readlink /proc/$far/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
ip link add name near type veth peer name far
ip link set far netns $far
ip addr add 10.9.0.1/24 dev near
ip link set near up
nsenter -t $far -n ip addr add 10.9.0.2/24 dev far
nsenter -t $far -n ip link set far up
tc qdisc add dev near root tbf rate ${RATE}bit burst 16kb latency 2s
nsenter -t $far -n "$0" -e "$RECEIVER" & receiver=$!
"$0" -e "$SENDER"
wait $receiver
`;

const RECEIVER = `
let got = 0;
require('net').createServer((socket) => socket.on('data', (data) => {
  got += data.length;
  if (got === ${BYTES}) socket.end('x', () => process.exit());
})).listen(9000, '10.9.0.2');
`;

/** Prints the milliseconds from the first byte sent to the word that the last one has arrived. */
const SENDER = `
const connect = () => {
  const socket = require('net').connect(9000, '10.9.0.2');
  socket.on('error', () => setTimeout(connect, 50));
  socket.on('connect', () => {
    const began = performance.now();
    socket.on('data', () => { console.log(performance.now() - began); process.exit(); });
    socket.write(Buffer.alloc(${BYTES}));
  });
};
connect();
`;

async function measured(): Promise<number> {
  const { stdout } = await promisify(execFile)('unshare', ['-n', 'sh', '-c', LAYOUT, process.execPath], {
    env: { ...process.env, RECEIVER, SENDER },
    timeout: 60_000,
  });
  return Number(stdout.trim());
}

interface Parcel {
  readonly type: 'media' | 'control';
  readonly bytes: number;
  readonly last: boolean;
}
interface Step {
  readonly type: 'connect' | 'send';
}

/** Sends everything at once when told to; the receiver answers the last piece. */
function end(peer: string, heard: (now: Time) => void): Machine<Parcel, Step, null> {
  return {
    handle(now, input, effects) {
      if (input.type === 'message' && input.message.type === 'control') heard(now);
      else if (input.type === 'message' && input.message.last) {
        effects.send(input.from, { type: 'control', bytes: 1, last: false });
      } else if (input.type === 'command' && input.command.type === 'connect') {
        effects.connect({ node: peer, address: `sim:${peer}` });
      } else if (input.type === 'command') {
        for (let left = BYTES; left > 0; left -= PIECE) {
          effects.send(peer, { type: 'media', bytes: Math.min(left, PIECE) / PAYLOAD, last: left <= PIECE });
        }
      }
    },
    nextDeadline: () => null,
    view: () => null,
    restore() {},
  };
}

function simulated(): number {
  let arrived: Time = 0;
  const sizes = {
    encodedBytes: (parcel: Parcel) => Math.round(parcel.bytes),
    carriesChunk: (parcel: Parcel) => parcel.type === 'media',
    payloadBytes: (parcel: Parcel) => parcel.bytes,
  };
  const world = new World<Parcel, Step, null>({ network: { sizes, paths: uniformPaths(50) } });
  const heard = (now: Time): void => void (arrived = now);
  world.add('far', end('near', heard), { up: 1e9, down: 1e9 });
  world.add('near', end('far', heard), { up: RATE, down: 1e9 });
  world.command('near', { type: 'connect' });
  world.run(SECOND);
  world.command('near', { type: 'send' });
  world.run(60 * SECOND);
  return (arrived - SECOND) / 1000;
}

const needed = process.env['CI'] === 'true' || missing.length === 0;
const title = `a TCP transfer through a token bucket of the kernel takes as long as the network model says${
  needed ? '' : ` (SKIPPED: needs ${missing.join(', ')})`
}`;

(needed ? test : test.skip)(title, async (t) => {
  t.timeout(90_000);
  const expected = simulated();
  const real = await measured();
  t.log(`measured ${real.toFixed(0)} ms, simulated ${expected.toFixed(0)} ms`);
  t.true(Math.abs(real / expected - 1) <= AGREEMENT, `${real} ms instead of ${expected} ms`);
});
