import { networkInterfaces } from 'node:os';
import test from 'ava';
import { GETS, JSON_TYPE, MUTATIONS, bearer, startTarget } from './control-target.js';
import { ask, type Answer } from './programs.js';

test('commands need the right secret in the right place', async (t) => {
  const target = await startTarget(t);
  const { url, token } = target;
  const before = await target.state();
  const secrets: (Record<string, string> | null)[] = [
    null,
    { authorization: 'Bearer wrong' },
    { authorization: `Bearer ${token.slice(0, -1)}` },
    { authorization: `Bearer ${token}x` },
    { authorization: `Basic ${token}` },
    { authorization: token },
    { cookie: `astral_${target.port}=${token}` },
    { cookie: `token=${token}` },
  ];
  for (const headers of secrets) {
    for (const path of GETS.filter((get) => !['/ping', '/healthz', '/openapi.json'].includes(get))) {
      t.is(
        (await ask(`${url}${path}?token=${token}&access_token=${token}`, headers === null ? {} : { headers })).status,
        401,
        path,
      );
    }
    for (const [method, path, body] of MUTATIONS) {
      const answer = await ask(`${url}${path}?token=${token}`, {
        method,
        headers: { ...JSON_TYPE, ...headers },
        body: body ?? '{}',
      });
      t.is(answer.status, 401, `${method} ${path} ${JSON.stringify(headers)}`);
    }
  }
  t.is(await target.state(), before);
});

test('a body of another type than JSON is refused, since forms of other sites can send it', async (t) => {
  const target = await startTarget(t);
  const { url } = target;
  const before = await target.state();
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    '',
  ]) {
    for (const [method, path, body] of MUTATIONS.filter(([verb]) => verb === 'POST')) {
      const answer = await ask(`${url}${path}`, {
        method,
        headers: { ...bearer(target), 'content-type': type },
        body: body ?? '{}',
      });
      t.is(answer.status, 415, `${type} ${path}`);
    }
  }
  t.is(await target.state(), before);
});

test('answers are JSON and nothing else, and a wrong method changes nothing', async (t) => {
  const target = await startTarget(t);
  const { url } = target;
  const before = await target.state();
  for (const path of GETS) {
    const answer = await ask(`${url}${path}?callback=alert(1)`, { headers: bearer(target) });
    t.is(answer.headers['x-content-type-options'], 'nosniff', path);
    t.regex(answer.headers['content-type'] ?? '', /^application\/json/, path);
    t.notThrows(() => JSON.parse(answer.body) as unknown, path);
    t.false(answer.body.includes('alert'), path);
  }

  for (const [allowed, path] of MUTATIONS) {
    const readable = GETS.includes(path) || path.endsWith('/nobody');
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PATCH', 'PUT', 'POST', 'DELETE']) {
      const known = MUTATIONS.some(([verb, other]) => verb === method && other === path);
      if (method === allowed || known || (readable && (method === 'GET' || method === 'HEAD'))) continue;
      const answer = await ask(`${url}${path}`, { method, headers: bearer(target) });
      t.is(answer.status, 405, `${method} ${path}`);
      t.truthy(answer.headers.allow, `${method} ${path}`);
    }
  }
  t.is(await target.state(), before);
});

test('malformed and oversized bodies and odd paths are refused', async (t) => {
  const target = await startTarget(t);
  const { url } = target;
  const before = await target.state();
  const bad = [
    '',
    '{',
    '[]',
    'null',
    '{"name":"x"}',
    '{"name":"x","media":"sample","id":"y"}',
    '{"name":1,"media":"sample"}',
  ];
  bad.push('{"name":"x","media":"sample","__proto__":{"a":1}}', `{"name":"${'x'.repeat(300)}","media":"sample"}`);
  for (const body of bad) {
    const answer = await ask(`${url}/streams`, { method: 'POST', headers: { ...bearer(target), ...JSON_TYPE }, body });
    t.is(answer.status, 400, body);
  }
  const large = await ask(`${url}/streams`, {
    method: 'POST',
    headers: { ...bearer(target), ...JSON_TYPE },
    body: `{"name":"${'x'.repeat(70_000)}"}`,
  });
  t.is(large.status, 413);
  for (const path of [
    '/../package.json',
    '/%2e%2e/%2e%2e/package.json',
    '/assets/..%2f..%2fpackage.json',
    '//etc/passwd',
    '/tsconfig.tsbuildinfo',
  ]) {
    t.is((await ask(`${url}${path}`)).status, 404, path);
  }
  t.is(await target.state(), before);
});

test('the page gets a session for its one-time code, which cannot stop the node', async (t) => {
  const target = await startTarget(t);
  const { url } = target;
  const page = await ask(`${url}/`);
  t.is(page.status, 200);
  const policy = String(page.headers['content-security-policy']);
  for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "media-src 'self' blob:"]) {
    t.true(policy.includes(part), `${part} in ${policy}`);
  }
  t.notRegex(policy, /unsafe-|upgrade-insecure-requests|\*(?!;|$| )\S*\.|https?:/);
  t.notRegex(page.body, /<script(?![^>]*\ssrc=)|\son\w+=|<style/i);

  const code = (target.program.printed.get('page') ?? '').split('#code=')[1] ?? '';
  t.regex(code, /^[\w-]{32}$/);
  const origin = new URL(url).origin;
  const redeem = (body: unknown): Promise<Answer> =>
    ask(`${url}/session`, { method: 'POST', headers: { ...JSON_TYPE, origin }, body: JSON.stringify(body) });
  t.is((await redeem({ code: 'x'.repeat(32) })).status, 401);
  const answer = await redeem({ code });
  t.is(answer.status, 200);
  const cookie = answer.headers['set-cookie']?.[0] ?? '';
  for (const part of [/; HttpOnly/i, /; SameSite=Strict/i, /; Path=\//i]) t.regex(cookie, part);
  t.is((await redeem({ code })).status, 401, 'a code works once');

  const session = { cookie: cookie.split(';', 1)[0] ?? '' };
  t.is((await ask(`${url}/streams`, { headers: session })).status, 200);
  t.is((await ask(`${url}/streams`, { headers: { ...session, origin: 'https://evil.com' } })).status, 403);
  const create = { method: 'POST', body: '{"name":"Second","media":"sample"}' };
  t.is(
    (await ask(`${url}/streams`, { ...create, headers: { ...session, ...JSON_TYPE } })).status,
    403,
    'a browser says where it comes from',
  );
  const created = await ask(`${url}/streams`, { ...create, headers: { ...session, ...JSON_TYPE, origin } });
  t.is(created.status, 201);
  t.is((JSON.parse(created.body) as { stream: { slug: string } }).stream.slug, 'second');
  t.is((await ask(`${url}/node`, { method: 'DELETE', headers: { ...session, origin } })).status, 403);
  t.is((await ask(`${url}/codes`, { method: 'POST', headers: { ...session, origin } })).status, 403);

  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address, family, internal } of addresses ?? []) {
      if (internal || family !== 'IPv4') continue;
      await t.throwsAsync(ask(`http://${address}:${target.port}/ping`), { code: 'ECONNREFUSED' }, address);
    }
  }

  t.is((await ask(`${url}/node`, { method: 'DELETE', headers: bearer(target) })).status, 200);
  t.is(await target.program.exit, 0);
});
