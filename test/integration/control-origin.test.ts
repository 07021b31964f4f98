import { connect } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { GETS, JSON_TYPE, MUTATIONS, SLUG, bearer, startTarget, type Target } from './control-target.js';
import { ask } from './programs.js';

/** Raw bytes in, status line out: for what no HTTP client would send. */
function raw(target: Target, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(target.port), '127.0.0.1', () => socket.write(text));
    socket.on('data', (piece) => (answer += piece.toString()));
    socket.on('close', () => resolve(answer.split('\r\n', 1)[0] ?? ''));
    socket.on('error', reject);
  });
}

type Options = Parameters<typeof ask>[1];

/** The request must end with one of these codes and must never be opened to other sites. */
async function refused(
  t: ExecutionContext,
  what: string,
  codes: readonly number[],
  url: string,
  options: Options,
): Promise<void> {
  const answer = await ask(url, options);
  t.true(codes.includes(answer.status), `${what}: ${answer.status} ${answer.body}`);
  t.is(answer.headers['access-control-allow-origin'], undefined, what);
}

test('only the exact names of loopback pass for a host', async (t) => {
  const target = await startTarget(t);
  const { url, port } = target;
  const before = await target.state();
  const hosts = [
    'evil.com',
    `evil.com:${port}`,
    `localhost.evil.com:${port}`,
    `127.0.0.1.nip.io:${port}`,
    `localhost.:${port}`,
  ];
  hosts.push(
    `LOCALHOST:${port}`,
    `[::1]:${port}`,
    '127.0.0.1:1',
    '127.0.0.1',
    `0.0.0.0:${port}`,
    `127.1:${port}`,
    `a@127.0.0.1:${port}`,
  );
  for (const host of hosts) {
    for (const path of ['/node', '/ping', '/', `${SLUG}/live`]) {
      await refused(t, `Host ${host} ${path}`, [400, 421], `${url}${path}`, { headers: { ...bearer(target), host } });
    }
  }
  for (const name of [`127.0.0.1:${port}`, `localhost:${port}`]) {
    t.is((await ask(`${url}/node`, { headers: { ...bearer(target), host: name } })).status, 200, name);
  }
  const head = 'GET /ping HTTP/1.1\r\nConnection: close\r\n';
  t.regex(await raw(target, `${head}\r\n`), / 400 /, 'no Host');
  t.regex(await raw(target, `${head}Host: 127.0.0.1:${port}\r\nHost: evil.com\r\n\r\n`), / 4(00|21) /, 'two Hosts');
  t.regex(await raw(target, `${head}Host: evil.com\r\nHost: 127.0.0.1:${port}\r\n\r\n`), / 4(00|21) /, 'two Hosts');
  t.regex(await raw(target, `GET /ping HTTP/1.0\r\n\r\n`), / 4(00|21) /, 'no Host in HTTP/1.0');
  t.regex(
    await raw(target, `GET http://evil.com/ping HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`),
    / 400 /,
    'absolute target',
  );
  t.is(await target.state(), before);
});

test('a page of another site gets nothing and changes nothing, even with the token', async (t) => {
  const target = await startTarget(t);
  const { url, port } = target;
  const before = await target.state();
  const origins = [
    'https://evil.com',
    'null',
    `http://127.0.0.1:1`,
    `https://127.0.0.1:${port}`,
    `http://localhost:${port}`,
    'http://127.0.0.1',
  ];
  for (const origin of origins) {
    for (const path of GETS)
      await refused(t, `Origin ${origin} ${path}`, [403], `${url}${path}`, { headers: { ...bearer(target), origin } });
    for (const [method, path, body] of MUTATIONS) {
      const headers = { ...bearer(target), ...JSON_TYPE, origin };
      await refused(t, `Origin ${origin} ${method} ${path}`, [403], `${url}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
      });
      const preflight = {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization',
      };
      await refused(t, `preflight ${origin} ${method} ${path}`, [403], `${url}${path}`, {
        method: 'OPTIONS',
        headers: preflight,
      });
    }
  }
  for (const site of ['cross-site', 'same-site']) {
    const headers = { ...bearer(target), 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' };
    for (const path of [...GETS, '/', `${SLUG}/live`])
      await refused(t, `${site} ${path}`, [403, 404], `${url}${path}`, { headers });
  }
  t.is(await target.state(), before);
});

test('the socket of a player opens for the page of the node, or for the token', async (t) => {
  const target = await startTarget(t);
  const { url, port } = target;
  const before = await target.state();
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const own = `http://127.0.0.1:${port}`;
  await refused(t, 'socket, foreign origin', [403], `${url}${SLUG}/live`, {
    headers: { ...upgrade, origin: 'https://evil.com' },
  });
  await refused(t, 'socket, null origin', [403], `${url}${SLUG}/live`, { headers: { ...upgrade, origin: 'null' } });
  await refused(t, 'socket, no origin', [403], `${url}${SLUG}/live`, { headers: upgrade });
  await refused(t, 'socket, foreign host', [421], `${url}${SLUG}/live`, {
    headers: { ...upgrade, origin: own, host: 'evil.com' },
  });
  await refused(t, 'socket, other site', [403], `${url}${SLUG}/live`, {
    headers: { ...upgrade, origin: own, 'sec-fetch-site': 'cross-site' },
  });
  await refused(t, 'socket, no such stream', [404], `${url}/stream/nothing/live`, {
    headers: { ...upgrade, origin: own },
  });
  await refused(t, 'socket on a command', [401, 404], `${url}/node`, { headers: { ...upgrade, origin: own } });
  t.is((await ask(`${url}${SLUG}/live`, { headers: { ...upgrade, origin: own } })).status, 101);
  t.is((await ask(`${url}${SLUG}/live`, { headers: { ...upgrade, ...bearer(target) } })).status, 101);
  t.is(await target.state(), before);
});
