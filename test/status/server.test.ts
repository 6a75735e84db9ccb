// The status endpoint over a run that is none: what each route answers, held against the OpenAPI document; names, tokens and
// limits; requests that no client would make.

import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'node:http';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, describe, expect, it } from 'vitest';
import { StatusServer, type RunEvent, type RunView, type StatusServerOptions } from '../../src/status/mod.js';
import { FakeSource, type FakeOptions } from './fake-source.js';
import { openSocket, raw, statusCodes } from './raw.js';

const servers: StatusServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(
  options: FakeOptions = {},
  settings: StatusServerOptions = {},
): Promise<{ source: FakeSource; server: StatusServer; url: string; warnings: string[] }> {
  const source = new FakeSource(options);
  const warnings: string[] = [];
  const server = await StatusServer.listen(source, { warned: (text) => warnings.push(text), ...settings });
  servers.push(server);
  return { source, server, url: server.url, warnings };
}

const act = (url: string, action: string, token?: string): Promise<Response> =>
  fetch(`${url}api/${action}`, {
    method: 'POST',
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  });

/** The status of a request with a Host header of one's own, which fetch does not allow. */
const withHost = (port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/api/status', headers: { Host: host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

interface Document {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: object }> }> }>
  >;
  components: { schemas: Record<string, object> };
}

describe('what the API answers is what its document says', () => {
  it.each(['particles', 'grid'] as const)('%s', async (kind) => {
    const { source, url, server } = await serve({ kind });
    source.advance(300);
    const document = (await (await fetch(`${url}api/openapi.json`)).json()) as Document;
    expect(document).toMatchObject({ openapi: '3.1.0' });
    const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
    ajv.addSchema(document, 'api');
    const check = async (method: string, path: string, response: Response): Promise<unknown> => {
      const said = document.paths[path][method].responses[String(response.status)];
      expect(said, `${path} ${response.status}`).toBeDefined();
      if (!response.headers.get('content-type')?.includes('json')) return undefined;
      const pointer = `api#/paths/${path.replaceAll('/', '~1')}/${method}/responses/${response.status}/content/application~1json/schema`;
      const body: unknown = await response.json();
      const isValid = ajv.validate({ $ref: pointer }, body);
      expect(ajv.errors ?? [], path).toEqual([]);
      expect(isValid).toBe(true);
      return body;
    };
    for (const [path, methods] of Object.entries(document.paths)) {
      if ('get' in methods && path !== '/api/events')
        await check('get', path, await fetch(url + path.slice(1)));
      if ('post' in methods) {
        await check('post', path, await fetch(url + path.slice(1), { method: 'POST' }));
        await check('post', path, await act(url, path.slice('/api/'.length), server.token));
      }
    }
    await check('get', '/api/observables', await fetch(`${url}api/observables?most=none`));
    // The check bites.
    expect(ajv.validate({ $ref: 'api#/components/schemas/Run' }, { ...source.view(), step: 'three' })).toBe(
      false,
    );
  });

  it('observables since a step, oldest first, at most so many', async () => {
    const { source, url } = await serve();
    source.advance(1000);
    const ask = async (query: string): Promise<number[]> => {
      const body = (await (await fetch(`${url}api/observables?${query}`)).json()) as {
        observations: { step: number }[];
        energies: { step: number }[];
      };
      expect(body.energies.map(({ step }) => step)).toEqual(body.observations.map(({ step }) => step));
      return body.observations.map(({ step }) => step);
    };
    expect(await ask('')).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
    expect(await ask('since=0&most=3')).toEqual([100, 200, 300]);
    expect(await ask('since=950')).toEqual([1000]);
    expect(await ask('since=1000')).toEqual([]);
    for (const query of ['since=-2', 'since=1.5', 'most=0', 'most=1e3', 'since=99999999999999999999']) {
      expect((await fetch(`${url}api/observables?${query}`)).status, query).toBe(400);
    }
  });

  it('a picture: head, then x and nodes, in little-endian order', async () => {
    const { source, url } = await serve();
    expect((await fetch(`${url}api/picture`)).status).toBe(204);
    source.advance();
    const bytes = await (await fetch(`${url}api/picture?most=7`)).arrayBuffer();
    const length = new DataView(bytes).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(bytes.slice(4, 4 + length))) as Record<string, unknown>;
    expect(head).toEqual({ kind: 'particles', step: 10, count: 7, dimension: 2, precision: 'f32' });
    expect((4 + length) % 8).toBe(0);
    const x = new Float32Array(bytes.slice(4 + length, 4 + length + 4 * 14));
    const node = new Int32Array(bytes.slice(4 + length + 4 * 14));
    const picture = await source.picture(7);
    expect(picture).toMatchObject({ x, node });
    expect(node).toHaveLength(7);
  });

  it('every answer forbids scripts, frames and sniffing, and allows no other origin', async () => {
    const { url } = await serve();
    for (const path of ['', 'api/status', 'metrics', 'nothing', 'api/stop']) {
      const { headers } = await fetch(url + path, { method: path === 'api/stop' ? 'POST' : 'GET' });
      expect(headers.get('content-security-policy'), path).toMatch(/^default-src 'none'; script-src 'self'/u);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('readyz is 503 before the first step; healthz always answers', async () => {
    const { source, url } = await serve();
    for (const [state, code] of [
      ['starting', 503],
      ['waiting', 503],
      ['running', 200],
      ['paused', 200],
    ] as const) {
      source.state = state;
      source.emit('state', state);
      expect((await fetch(`${url}readyz`)).status, state).toBe(code);
      expect((await fetch(`${url}healthz`)).status).toBe(200);
    }
  });

  it('a view is made once per look, however many ask', async () => {
    const { source, url } = await serve({ nodes: 1024 });
    source.advance();
    const before = source.views;
    await Promise.all(
      Array.from({ length: 40 }, () => fetch(`${url}api/status`).then((r) => r.arrayBuffer())),
    );
    expect(source.views - before).toBe(1);
  });
});

describe('actions', () => {
  it.each([undefined, 'wrong', '', 'x'.repeat(600)])('need the token: %s', async (token) => {
    const { source, url } = await serve();
    for (const action of ['pause', 'resume', 'checkpoint', 'stop']) {
      const response = await act(url, action, token);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('Bearer');
    }
    expect(source.asked).toEqual([]);
  });

  it('with it they are done, where they make sense', async () => {
    const { source, url, server } = await serve();
    const codes: number[] = [];
    for (const action of ['resume', 'pause', 'pause', 'resume', 'checkpoint', 'stop', 'stop', 'pause']) {
      codes.push((await act(url, action, server.token)).status);
    }
    expect(codes).toEqual([409, 202, 409, 202, 202, 202, 409, 409]);
    expect(source.asked).toEqual(['pause', 'resume', 'checkpoint', 'stop']);
    expect((await fetch(`${url}api/stop`)).status).toBe(405);
  });

  it('tokens differ from server to server', async () => {
    const [one, other] = [await serve(), await serve()];
    expect(one.server.token).not.toBe(other.server.token);
    expect(one.server.token).toMatch(/^[\w-]{32}$/u);
  });
});

describe('names', () => {
  it('a page whose name was made to point here (DNS rebinding) gets nothing', async () => {
    const { server } = await serve();
    const { port } = server;
    for (const host of ['localhost', `localhost:${port}`, `127.0.0.1:${port}`, '[::1]:80', 'LOCALHOST']) {
      expect(await withHost(port, host), host).toBe(200);
    }
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '10.0.0.1',
      'a@localhost',
    ]) {
      expect(await withHost(port, host), host).toBe(421);
    }
    expect(statusCodes(await raw(port, 'GET /healthz HTTP/1.0\r\n\r\n'))).toEqual([421]);
    expect(statusCodes(await raw(port, 'GET /healthz HTTP/1.1\r\n\r\n'))).toEqual([400]);
  });

  it('a server on all addresses takes addresses, not names', async () => {
    const { server } = await serve({}, { host: '0.0.0.0' });
    expect(await withHost(server.port, '192.0.2.7')).toBe(200);
    expect(await withHost(server.port, 'evil.example')).toBe(421);
    expect(server.url).toBe(`http://127.0.0.1:${server.port}/`);
  });

  it('a port that is taken is an error with a fix and exit code 2', async () => {
    const { server } = await serve();
    await expect(StatusServer.listen(new FakeSource(), { port: server.port })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(
        /another process listens there\n {4}fix: choose another --status-port/u,
      ) as string,
    });
  });
});

/** Reads a stream of events for a while. */
async function listen(
  url: string,
  until: (found: { kind: string; data: RunView | RunEvent }[]) => boolean,
  headers: Record<string, string> = {},
): Promise<{ kind: string; id: string | undefined; data: RunView & RunEvent }[]> {
  const stop = new AbortController();
  const response = await fetch(url, { signal: stop.signal, headers });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const found: { kind: string; id: string | undefined; data: RunView & RunEvent }[] = [];
  let text = '';
  try {
    for await (const piece of response.body!) {
      text += Buffer.from(piece as Uint8Array).toString();
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const field = (name: string): string | undefined =>
          new RegExp(`^${name}: (.*)$`, 'mu').exec(block)?.[1];
        const data = field('data');
        if (data !== undefined) {
          found.push({
            kind: field('event') ?? '',
            id: field('id'),
            data: JSON.parse(data) as RunView & RunEvent,
          });
        }
      }
      if (until(found)) break;
    }
  } finally {
    stop.abort();
  }
  return found;
}

describe('events', () => {
  it('the run as it stands, what happened, and what happens; a view at looks, at most five a second', async () => {
    const { source, url } = await serve();
    source.emit('message', 'before');
    const timer = setInterval(() => source.advance(), 10);
    setTimeout(() => source.emit('checkpoint', 'while'), 700);
    const started = performance.now();
    const found = await listen(`${url}api/events?after=0`, (all) =>
      all.some(({ kind }) => kind === 'checkpoint'),
    );
    clearInterval(timer);
    expect(found[0].kind).toBe('view');
    expect(found[1]).toMatchObject({ kind: 'message', id: '1', data: { text: 'before', id: 1 } });
    expect(found.at(-1)).toMatchObject({ kind: 'checkpoint', id: '2', data: { text: 'while' } });
    const views = found.filter(({ kind }) => kind === 'view');
    expect(views.length).toBeGreaterThanOrEqual(3);
    expect(views.length).toBeLessThanOrEqual(2 + (performance.now() - started) / 200);
    expect(views.at(-1)!.data.step).toBeGreaterThan(views[0].data.step);
  });

  it('who comes back with Last-Event-ID is told what was missed', async () => {
    const { source, url } = await serve();
    for (const text of ['one', 'two', 'three']) source.emit('message', text);
    const found = await listen(`${url}api/events`, (all) => all.length === 3, { 'Last-Event-ID': '1' });
    expect(found.map(({ data }) => data.text)).toEqual([undefined, 'two', 'three']);
    expect((await fetch(`${url}api/events?after=x`)).status).toBe(400);
  });

  it('64 streams, not more; one that ends makes room', async () => {
    const { url, server } = await serve();
    const stops = Array.from({ length: 64 }, () => new AbortController());
    await Promise.all(stops.map(({ signal }) => fetch(`${url}api/events`, { signal })));
    expect(server.streams).toBe(64);
    expect((await fetch(`${url}api/events`)).status).toBe(503);
    stops[0].abort();
    while (server.streams === 64) await sleep(5);
    const again = await fetch(`${url}api/events`);
    expect(again.status).toBe(200);
    await again.body!.cancel();
    for (const stop of stops) stop.abort();
  });

  it('a reader who does not read is dropped, and memory does not grow with what it missed', async () => {
    const { source, server } = await serve();
    const socket = await openSocket(server.port);
    socket.pause();
    socket.on('error', () => undefined);
    socket.write('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    while (server.streams === 0) await sleep(5);
    const text = 'x'.repeat(64 * 1024);
    for (let round = 0; server.streams > 0; round++) {
      if (round > 2000) throw new Error('it was never dropped');
      source.emit('message', text);
      if (round % 20 === 0) await sleep(1);
    }
    expect(server.streams).toBe(0);
    socket.destroy();
  });

  it('a close ends streams, and what waits on others does not hold it up', async () => {
    const { url, server } = await serve();
    const stream = await fetch(`${url}api/events`);
    const silent = await openSocket(server.port);
    const started = performance.now();
    await server.close();
    expect(performance.now() - started).toBeLessThan(5000);
    await stream.text();
    silent.destroy();
  });
});

describe('requests that no client would make', () => {
  const HOST = 'Host: localhost\r\n';
  const get = `GET /healthz HTTP/1.1\r\n${HOST}`;

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', [400]],
    ['binary', '\u0000\u0001\u0002\u00ff\r\n\r\n', [400]],
    ['an unknown method', `BREW /healthz HTTP/1.1\r\n${HOST}\r\n`, [400]],
    ['a method that is not for this', `DELETE /api/status HTTP/1.1\r\n${HOST}\r\n`, [405]],
    ['CONNECT', `CONNECT evil.example:80 HTTP/1.1\r\n${HOST}\r\n`, []],
    ['an upgrade', `${get}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, [200]],
    ['a huge header', `${get}X: ${'a'.repeat(20_000)}\r\n\r\n`, [431]],
    ['many headers', `${get}${'A: b\r\n'.repeat(5000)}\r\n`, [431]],
    ['a huge path', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`, [431]],
    [
      'a path with steps up',
      `GET /page/../../etc/passwd HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      [404],
    ],
    ['a path with escapes', `GET /page/%2e%2e%2fsecret HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, [404]],
    [
      'an absolute target',
      `GET http://evil.example/healthz HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      [200],
    ],
    ['two Host headers', `GET /healthz HTTP/1.1\r\n${HOST}Host: evil.example\r\n\r\n`, [400]],
    [
      'a length and chunks',
      `POST /api/stop HTTP/1.1\r\n${HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`,
      [400],
    ],
    ['a body of a GET', `${get}Content-Length: 3\r\n\r\nabc`, [413]],
    [
      'a body that is announced as huge',
      `POST /api/stop HTTP/1.1\r\n${HOST}Content-Length: 99999999\r\n\r\n`,
      [413],
    ],
    ['a negative length', `POST /api/stop HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`, [400]],
    [
      'broken chunks',
      `POST /api/stop HTTP/1.1\r\n${HOST}Authorization: Bearer TOKEN\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      [400],
    ],
    ['header with a line end within', `${get}X: a\rb\r\n\r\n`, [400]],
    ['HTTP/1.0', `GET /healthz HTTP/1.0\r\n${HOST}\r\n`, [200]],
    ['HTTP/3.7', `GET /healthz HTTP/3.7\r\n${HOST}\r\n`, [400]],
    ['an expectation', `${get}Expect: miracles\r\n\r\n`, [417]],
    ['pipelining', `${get}\r\n${get}\r\n${get}Connection: close\r\n\r\n`, [200, 200, 200]],
  ])('%s', async (name, text, codes) => {
    const { server, source, warnings } = await serve();
    const found = await raw(server.port, text.replace('TOKEN', server.token), 1500);
    expect(statusCodes(found)).toEqual(codes);
    expect(found.text).not.toContain('root:');
    if (name !== 'an upgrade' && name !== 'an expectation') expect(found.isClosed).toBe(true);
    // Nobody has been harmed.
    expect((await fetch(`${server.url}healthz`)).status).toBe(200);
    expect(source.asked).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('a body in chunks is read to 1 KiB, and one that fits is passed over', async () => {
    const { server, source } = await serve();
    const post = (body: string): string =>
      `POST /api/checkpoint HTTP/1.1\r\n${HOST}Authorization: Bearer ${server.token}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
    const chunk = (size: number): string => `${size.toString(16)}\r\n${'a'.repeat(size)}\r\n`;
    expect(statusCodes(await raw(server.port, post(`${chunk(1000)}0\r\n\r\n`)))).toEqual([202]);
    expect(statusCodes(await raw(server.port, post(chunk(600) + chunk(600) + chunk(600))))).toEqual([413]);
    expect(source.asked).toEqual(['checkpoint']);
  });

  it('a head that never ends is given up, and so is a connection that says nothing', async () => {
    const { server } = await serve();
    const started = performance.now();
    const [slow, silent] = await Promise.all([
      raw(server.port, `${get}X-Slow: `, 15_000),
      raw(server.port, '', 15_000),
    ]);
    expect([slow.isClosed, silent.isClosed]).toEqual([true, true]);
    expect(performance.now() - started).toBeLessThan(14_000);
  });

  it('answers that cost too much time are refused for a while, and the rest goes on', async () => {
    const { server, source } = await serve({ nodes: 1024 });
    source.advance(3000);
    const codes = new Set<number>();
    for (let i = 0; i < 60 && !codes.has(503); i++) {
      const response = await fetch(`${server.url}api/observables`);
      codes.add(response.status);
      if (response.status === 503) expect(response.headers.get('retry-after')).toBe('1');
      await response.arrayBuffer();
    }
    expect(codes).toEqual(new Set([200, 503]));
    // It comes back.
    let code = 503;
    for (let i = 0; i < 100 && code === 503; i++) {
      await sleep(100);
      code = (await fetch(`${server.url}healthz`)).status;
    }
    expect(code).toBe(200);
  });

  it('what fails in answering is told once, and only to who asked', async () => {
    const { server, source, warnings } = await serve();
    source.fails = 'the disk is gone';
    for (let i = 0; i < 5; i++) expect((await fetch(`${server.url}api/observables`)).status).toBe(500);
    expect(warnings).toEqual(['the status endpoint could not answer /api/observables: the disk is gone']);
  });

  it('HEAD has no body', async () => {
    const { url } = await serve();
    const response = await fetch(`${url}api/status`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });
});
