import { once } from 'node:events';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import { bearer, SLUG, startTarget } from './control-target.js';
import { ask, eventually, startProgram } from './programs.js';

async function startWeb(t: ExecutionContext): Promise<string> {
  const program = await startProgram(t, 'astral-web', ['--port', '0', '--log-level', 'error'], 'directory');
  return program.printed.get('directory') ?? t.fail(program.errors());
}

async function open(t: ExecutionContext, url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => socket.destroy()).resume();
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Sends `head`, then a byte a second; resolves to the seconds until the server has cut it off. */
async function slow(t: ExecutionContext, url: string, head: string, trickle = 'x'): Promise<number> {
  const socket = await open(t, url);
  const from = performance.now();
  socket.write(head);
  const timer = setInterval(() => socket.write(trickle), 1_000);
  await once(socket, 'close');
  clearInterval(timer);
  return (performance.now() - from) / 1_000;
}

const request = (url: string, line: string, ...headers: string[]): string =>
  [`${line} HTTP/1.1`, `Host: ${new URL(url).host}`, ...headers].join('\r\n');

test('a request that trickles is cut off in time, and a stream that lasts is not', async (t) => {
  const web = await startWeb(t);
  const target = await startTarget(t);
  let cut = 0;
  const views = get(`${web}/views/stream`, (response) => response.on('close', () => cut++).resume());
  const live = new WebSocket(`${target.url.replace('http', 'ws')}${SLUG}/live`, { headers: bearer(target) });
  live.on('close', () => cut++);
  await Promise.all([once(views, 'response'), once(live, 'open')]);
  const long = ['Content-Type: application/json', 'Content-Length: 50000', '\r\n{'];
  const [headers, bodies] = await Promise.all([
    Promise.all(
      [web, target.url].flatMap((url) => [
        slow(t, url, `${request(url, 'GET /')}\r\nx: `),
        slow(t, url, `${request(url, 'GET /')}\r\nx: `, ''),
        slow(t, url, '', ''),
      ]),
    ),
    Promise.all([
      slow(t, web, request(web, 'POST /nodes', ...long)),
      slow(t, target.url, request(target.url, 'POST /streams', `Authorization: Bearer ${target.token}`, ...long)),
    ]),
  ]);
  // Half of what they would be given by default.
  for (const seconds of headers) t.true(seconds < 15, `headers cut off after ${seconds} s`);
  for (const seconds of bodies) t.true(seconds < 20, `a body cut off after ${seconds} s`);
  t.is(cut, 0);
  live.terminate();
  views.destroy();
});

test('one address holds so many sockets open, and idle ones are given back', async (t) => {
  const web = await startWeb(t);
  const sockets = await Promise.all(Array.from({ length: 300 }, () => open(t, web)));
  const standing = (): number => sockets.filter((socket) => !socket.closed).length;
  await eventually('those above the cap are cut', 30, async () => (standing() <= 250 ? true : null));
  t.true(standing() > 200, 'the first are not');
  for (const socket of sockets) socket.write(`${request(web, 'GET /healthz')}\r\n\r\n`);
  await eventually('sockets without a request are closed', 60, async () => (standing() === 0 ? true : null));
  t.is((await ask(`${web}/healthz`)).status, 200);
});
