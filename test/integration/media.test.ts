import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { hasFfmpeg, pushTestPicture, start } from '../tools/ffmpeg.js';
import { ask, eventually, scratch, startProgram } from './programs.js';

interface Peer {
  readonly url: string;
  readonly token: string;
  stream(slug: string): Promise<{ streaming: boolean; own: boolean } | null>;
  epoch(): Promise<number>;
}

async function startPeer(t: ExecutionContext, folder: string, ...args: string[]): Promise<Peer> {
  const common = ['--data', folder, '--port', '0', '--peer-port', '0', '--log-level', 'warn'];
  const program = await startProgram(t, 'astralnode', [...common, ...args], 'page');
  const url = program.printed.get('control') ?? t.fail(program.errors());
  const token = readFileSync(join(folder, 'token'), 'utf8').trim();
  const get = async (path: string) => await ask(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return {
    url,
    token,
    stream: async (slug) => {
      const answer = await get(`/stream/${slug}`);
      if (answer.status !== 200) return null;
      return (JSON.parse(answer.body) as { stream: { streaming: boolean; own: boolean } }).stream;
    },
    epoch: async () => {
      const { node } = JSON.parse((await get('/node')).body) as { node: { streams: { epoch: number }[] } };
      return node.streams[0]?.epoch ?? -1;
    },
  };
}

/** The decode times of each stream of ffprobe's packets, in the order in which they came. */
function timesOf(csv: string): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const line of csv.trim().split('\n')) {
    const [, stream = '', time = ''] = line.split(',');
    times.set(stream, [...(times.get(stream) ?? []), Number(time)]);
  }
  return times;
}

test('ffmpeg pushes a picture into one node and reads it from another for 30 s without an error, and again after a break', async (t) => {
  if (!hasFfmpeg(t)) return;
  const base = scratch(t);
  const web = await startProgram(t, 'astral-web', ['--port', '0', '--log-level', 'warn'], 'directory');
  const directory = ['--directory', web.printed.get('directory') ?? ''];
  const a = await startPeer(t, join(base, 'a'), ...directory);
  const into = `${a.url}/stream/studio/media`;
  const first = start(t, 'ffmpeg', pushTestPicture(into, a.token, '640x360'));
  await eventually('the push is on the air', 30, async () =>
    (await a.stream('studio'))?.streaming === true ? true : null,
  );
  const b = await startPeer(t, join(base, 'b'), ...directory, '--watch', 'studio');
  const playlist = `${b.url}/stream/studio/hls/index.m3u8`;
  await eventually('the other node has a playlist', 40, async () =>
    (await ask(playlist)).status === 200 ? true : null,
  );
  const epoch = await b.epoch();

  const busy = await put(into, a.token, 'x');
  t.is(busy.status, 409, 'one writer a stream');
  const strict = ['-loglevel', 'error', '-xerror', '-i', playlist, '-t', '30', '-f', 'null', '-'];
  t.deepEqual(await start(t, 'ffmpeg', strict).exit, { code: 0, out: '', errors: '' });

  // The encoder dies; another one, with a picture of another size, takes over while a player reads on.
  const packets = ['-show_entries', 'packet=stream_index,dts_time', '-of', 'csv', '-read_intervals', '%+16'];
  const reader = start(t, 'ffprobe', ['-loglevel', 'error', ...packets, playlist]);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  first.process.kill('SIGKILL');
  await first.exit;
  await eventually('both nodes tell that nothing comes', 20, async () => {
    const [here, there] = await Promise.all([a.stream('studio'), b.stream('studio')]);
    return here?.streaming === false && there?.streaming === false ? true : null;
  });
  const second = start(t, 'ffmpeg', pushTestPicture(into, a.token, '320x180'));
  await eventually('the other node plays the next epoch', 30, async () =>
    (await b.epoch()) > epoch && (await b.stream('studio'))?.streaming === true ? true : null,
  );
  const text = await eventually('the break is in the playlist', 30, async () => {
    const { body } = await ask(playlist);
    return body.includes('#EXT-X-DISCONTINUITY\n') ? body : null;
  });
  t.is(text.match(/#EXT-X-MAP/g)?.length, 2);
  const { code, out, errors } = await reader.exit;
  t.is(code, 0, errors);
  const times = timesOf(out);
  t.deepEqual([...times.keys()].toSorted(), ['0', '1']);
  for (const [stream, list] of times) {
    const back = list.findIndex((time, i) => i > 0 && time <= (list[i - 1] ?? 0));
    t.is(back, -1, `stream ${stream}: ${list[back]} after ${list[back - 1]}`);
    t.true((list.at(-1) ?? 0) - (list[0] ?? 0) >= 14, `stream ${stream} covers ${list[0]} to ${list.at(-1)}`);
  }
  second.process.kill('SIGINT');
  await second.exit;
});

/** The initialisation segment with a box of 10 kB in it, such as a cover picture. */
function withCover(init: Buffer): Buffer {
  const cover = Buffer.alloc(10_000);
  cover.writeUInt32BE(cover.length);
  cover.write('udta', 4);
  const all = Buffer.concat([init, cover]);
  const at = all.indexOf('moov') - 4;
  all.writeUInt32BE(all.readUInt32BE(at) + cover.length, at);
  return all;
}

/** Sends bytes as the beginning of a body without an end, and waits for the answer. */
function put(
  url: string,
  token: string | null,
  bytes: string | Uint8Array,
): Promise<{ status: number; body: string; closed: Promise<void> }> {
  const { hostname, port, pathname, search } = new URL(url);
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { hostname, port, path: pathname + search, method: 'PUT', headers, agent: false },
      (response) => {
        let body = '';
        const closed = new Promise<void>((done) => outgoing.once('close', done));
        response.on('data', (piece: Buffer) => (body += piece.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body, closed }));
        response.on('error', reject);
      },
    );
    outgoing.on('error', (error) => reject(new Error(`${url}: ${error.message}`)));
    outgoing.write(bytes);
  });
}

test('what may not be pushed is refused at once, in words, and the connection is cut', async (t) => {
  const a = await startPeer(t, join(scratch(t), 'a'), '--sample', 'Sample');
  const sample = readFileSync('apps/assets/sample.mp4');
  const init = sample.subarray(0, sample.indexOf('moof') - 4);
  const flat = Buffer.concat([init, Buffer.from('\x00\x00\x00\x08free\x00\x00\x00\x0amdatxx')]);
  const cases: [slug: string, token: string | null, bytes: string | Uint8Array, status: number, words: RegExp][] = [
    ['x', null, 'x', 401, /token/],
    ['x', a.token, init.subarray(0, 500), 408, /10 s/],
    ['x', 'wrong', 'x', 401, /token/],
    ['No%20Slug', a.token, 'x', 400, /lower-case/],
    ['sample', a.token, 'x', 409, /sample/],
    ['x', a.token, 'FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00', 415, /not fragmented MP4.*-movflags/],
    ['x', a.token, Buffer.alloc(20_000, 0x47), 415, /not fragmented MP4/],
    ['x', a.token, flat, 415, /not fragmented MP4/],
    ['x', a.token, withCover(init), 413, /8 KiB/],
  ];
  for (const [slug, token, bytes, status, words] of cases) {
    const answer = await put(`${a.url}/stream/${slug}/media`, token, bytes);
    t.is(answer.status, status, `${status} ${answer.body}`);
    t.regex(answer.body, words);
    await answer.closed;
  }
  t.is(await a.stream('x'), null, 'nothing was made of it');
  for (const method of ['GET', 'POST', 'DELETE']) {
    t.is(
      (await ask(`${a.url}/stream/x/media`, { method, headers: { authorization: `Bearer ${a.token}` } })).status,
      405,
    );
  }
});
