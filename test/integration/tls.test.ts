import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { WebSocketServer } from 'ws';
import { createHttpServer } from '../../apps/http-server.js';
import { CertificateError, CertificateFiles } from '../../transports/certificate.js';
import type { DialResult } from '../../transports/transport.js';
import { SUBPROTOCOL } from '../../transports/websocket-settings.js';
import { WebSocketTransport } from '../../transports/websocket.js';
import { ask, eventually, scratch, startProgram, type Program } from './programs.js';

const run = promisify(execFile);
const FOLDER = 'test/certificates';
const pem = (name: string): string => join(FOLDER, `${name}.pem`);
const keyOf = (name: string): string => join(FOLDER, `${name}.key`);
const SERVED = ['--tls-cert', pem('server'), '--tls-key', keyOf('server')];
const TRUST = { NODE_EXTRA_CA_CERTS: pem('ca') };

/** A peer port with any certificate, also with one that a node would not start with. */
async function serve(t: ExecutionContext, name: string): Promise<string> {
  const server = createServer({ cert: readFileSync(pem(name)), key: readFileSync(keyOf(name)) });
  const upgrades = new WebSocketServer({ server, handleProtocols: () => SUBPROTOCOL });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of upgrades.clients) socket.terminate();
    server.close();
  });
  return `wss://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function dialEach(addresses: readonly string[], environment: NodeJS.ProcessEnv): Promise<unknown[]> {
  const { stdout } = await run(process.execPath, ['dist/test/tools/dial.js', ...addresses], {
    env: { ...process.env, ...environment },
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

async function ticketsOf(node: Program, data: string): Promise<unknown[]> {
  const headers = { authorization: `Bearer ${readFileSync(join(data, 'token'), 'utf8').trim()}` };
  const answer = await ask(`${node.printed.get('control')}/tickets`, { headers });
  return (JSON.parse(answer.body) as { tickets: unknown[] }).tickets;
}

test('a network that speaks TLS everywhere carries a stream, and a stranger to its authority stays out', async (t) => {
  const data = scratch(t);
  const web = await startProgram(t, 'astral-web', ['--port', '0', ...SERVED], 'directory', TRUST);
  const url = web.printed.get('directory') ?? '';
  t.regex(url, /^https:\/\/127\.0\.0\.1:\d+$/);
  const start = (name: string, flags: readonly string[], environment: NodeJS.ProcessEnv): Promise<Program> => {
    const common = ['--data', join(data, name), '--port', '0', '--peer-port', '0', '--directory', url];
    return startProgram(t, 'astralnode', [...common, ...flags], 'page', environment);
  };
  const stage = await start('stage', [...SERVED, '--sample', 'Test picture'], TRUST);
  t.regex(stage.printed.get('peers') ?? '', /^wss:\/\//);
  const relay = await start('relay', [...SERVED, '--watch', 'test-picture'], TRUST);
  const stranger = await start('stranger', ['--watch', 'test-picture'], { NODE_EXTRA_CA_CERTS: '' });
  await eventually('four tickets over TLS', 30, async () =>
    (await ticketsOf(relay, join(data, 'relay'))).length >= 4 ? true : null,
  );
  await eventually('the stranger tells why', 30, () =>
    Promise.resolve(stranger.errors().includes('self-signed certificate in certificate chain') ? true : null),
  );
  t.deepEqual(await ticketsOf(stranger, join(data, 'stranger')), []);
});

test('a peer without a certificate to be trusted is not dialled', async (t) => {
  const addresses = [await serve(t, 'server'), await serve(t, 'expired'), await serve(t, 'elsewhere')];
  const plain = await new WebSocketTransport().listen((connection) => connection.destroy());
  t.teardown(() => plain.close());
  const dressed = plain.address.replace('ws:', 'wss:');
  const [good, expired, elsewhere, downgraded, silent] = (await dialEach(
    [...addresses, plain.address, dressed],
    TRUST,
  )) as { taken: boolean; ok: boolean; distrust: string | null }[];
  t.deepEqual(good, { taken: true, ok: true, distrust: null });
  t.like(expired, { ok: false, distrust: 'certificate has expired' });
  t.false(elsewhere?.ok);
  t.regex(elsewhere?.distrust ?? '', /altnames/);
  t.deepEqual(downgraded, { taken: false, ok: false, distrust: null });
  t.deepEqual(silent, { taken: true, ok: false, distrust: 'speaks no TLS' });
  const [unknown] = await dialEach(addresses.slice(0, 1), { NODE_EXTRA_CA_CERTS: '' });
  t.like(unknown, { ok: false });
});

test('--insecure-lan reaches as far as the own network', async (t) => {
  const lenient = new WebSocketTransport({ tlsOnly: true, insecureLan: true });
  for (const near of ['127.0.0.1', '[::1]', '10.1.2.3', '192.168.7.7', '[fd00::1]', 'localhost', 'box.local'])
    t.true(lenient.takes(`ws://${near}:8001`), near);
  for (const far of ['192.0.2.1', '[2001:db8::1]', 'node.example', '11.0.0.1'])
    t.false(lenient.takes(`ws://${far}:8001`), far);
  const address = await serve(t, 'expired');
  const result = await new Promise<DialResult>((resolve) => void lenient.dial(address, resolve));
  t.true(result.ok);
  if (result.ok) result.connection.destroy();
});

test('a renewed certificate is served without a restart; half of one is not', async (t) => {
  const folder = scratch(t);
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const install = (name: string): void => {
    copyFileSync(keyOf(name), key);
    copyFileSync(pem(name), cert);
  };
  install('server');
  const problems: string[] = [];
  const listener = await new WebSocketTransport({
    certificate: new CertificateFiles(cert, key, 20),
    onCertificateProblem: (why) => problems.push(why),
  }).listen((connection) => connection.destroy());
  t.teardown(() => listener.close());
  const serial = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({
        host: '127.0.0.1',
        port: Number(new URL(listener.address).port),
        rejectUnauthorized: false,
      });
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
    });
  t.is(await serial(), '1001');
  writeFileSync(cert, 'half of a certificate');
  await eventually('the problem is told', 10, () => Promise.resolve(problems.length > 0 ? true : null));
  t.is(await serial(), '1001');
  install('renewed');
  await eventually('the new one is served', 10, async () => ((await serial()) === '1002' ? true : null));
});

test('who never shakes hands is cut', async (t) => {
  const certificate = new CertificateFiles(pem('server'), keyOf('server'));
  const listener = await new WebSocketTransport({ certificate }).listen((connection) => connection.destroy());
  const app = createHttpServer(pino({ level: 'silent' }), { certificate });
  t.teardown(async () => [await listener.close(), await app.close()]);
  const urls = [listener.address, await app.listen({ host: '127.0.0.1', port: 0 })];
  const cut = urls.map(
    (url) =>
      new Promise<boolean>((resolve) => {
        const socket = connectTcp({ host: '127.0.0.1', port: Number(new URL(url).port) });
        socket.on('error', () => undefined).on('close', () => resolve(true));
        setTimeout(() => resolve(socket.destroyed), 30_000).unref();
      }),
  );
  t.deepEqual(await Promise.all(cut), [true, true]);
});

test('what cannot be served with is told before anything starts', async (t) => {
  const name = (host: string): boolean => new CertificateFiles(pem('server'), keyOf('server')).isFor(host);
  t.deepEqual(['127.0.0.1', '[::1]', 'localhost', '192.0.2.1', 'node.example'].map(name), [
    true,
    true,
    true,
    false,
    false,
  ]);
  t.throws(() => new CertificateFiles(pem('expired'), keyOf('expired')), {
    instanceOf: CertificateError,
    message: /2021-01-01/,
  });
  const cases: [program: string, flags: string[], says: RegExp][] = [
    ['astralnode', ['--tls-cert', pem('server')], /--tls-cert: needs --tls-key/],
    ['astral-web', ['--tls-key', keyOf('server')], /--tls-key: needs --tls-cert/],
    ['astralnode', ['--tls-cert', pem('server'), '--tls-key', keyOf('renewed')], /no pair/],
    ['astral-web', ['--tls-cert', 'nowhere.pem', '--tls-key', keyOf('server')], /nowhere\.pem: cannot be read/],
    ['astralnode', [...SERVED, '--advertise', '192.0.2.1:8001'], /not for 192\.0\.2\.1, only for .*127\.0\.0\.1/],
    ['astralnode', ['--advertise', 'http://192.0.2.1'], /--advertise: must be/],
  ];
  for (const [program, flags, says] of cases) {
    const ended = await startProgram(t, program, [...flags, '--port', '0'], 'never');
    t.is(await ended.exit, 2, flags.join(' '));
    t.regex(ended.errors(), says);
  }
});
