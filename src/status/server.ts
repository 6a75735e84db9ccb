// The status endpoint of a run: an HTTP server over a StatusSource. It may be asked by anybody who reaches it, so everything about a
// request is limited (limits.ts); it never throws into the run, and does not keep the process alive. What is answered is
// routes.ts.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { busy, problem, type Answer } from './answer.js';
import { Budget } from './budget.js';
import { EventStreams } from './event-streams.js';
import { hostCheck, newToken, tokenCheck } from './guard.js';
import * as limits from './limits.js';
import { pageFiles, type PageFiles } from './pages.js';
import { BadQuery, routeOf, wholeNumber, type Route, type RouteContext } from './routes.js';
import { Sender } from './send.js';
import type { StatusSource } from './source.js';
import { ViewText } from './view-text.js';

export interface StatusServerOptions {
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** 0, the default, takes any that is free. */
  readonly port?: number;
  /** Drawn unless given. */
  readonly token?: string;
  readonly pages?: PageFiles;
  /** Answers may take any time: there is no run in this process. */
  readonly isFree?: boolean;
  /** Keeps the process alive. */
  readonly isOnlyTask?: boolean;
  /** Told what went wrong in answering, each once. */
  readonly warned?: (text: string) => void;
}

/** The address cannot be listened on. */
export class ListenError extends Error {
  readonly code = 'usage';
  readonly exitCode = 2;
}

export class StatusServer {
  readonly #server: Server;
  readonly #streams: EventStreams;
  readonly #sender = new Sender();
  readonly #budget: Budget | undefined;
  readonly #context: RouteContext;
  readonly #isHost: (header: string | undefined) => boolean;
  readonly #isToken: (header: string | undefined) => boolean;
  readonly #told = new Set<string>();
  readonly #putOffs = new WeakSet<Socket>();
  readonly #warned: (text: string) => void;
  readonly token: string;
  #address: AddressInfo | undefined;

  private constructor(
    source: StatusSource,
    private readonly host: string,
    options: StatusServerOptions,
  ) {
    this.token = options.token ?? newToken();
    this.#warned = options.warned ?? (() => undefined);
    this.#budget = options.isFree === true ? undefined : new Budget();
    this.#isHost = hostCheck(host);
    this.#isToken = tokenCheck(this.token);
    const view = new ViewText(source);
    this.#streams = new EventStreams(source, view);
    this.#context = {
      ...{ source, view },
      pages: options.pages ?? pageFiles(),
      metrics: metricsOf(source),
    };
    this.#server = createServer(
      {
        maxHeaderSize: limits.HEADER_BYTES,
        headersTimeout: limits.HEADERS_MS,
        requestTimeout: limits.REQUEST_MS,
        keepAliveTimeout: limits.KEEP_ALIVE_MS,
        connectionsCheckingInterval: 1000,
        noDelay: true,
      },
      (request, response) => {
        this.#handle(request, response);
      },
    );
    this.#server.maxConnections = limits.CONNECTIONS;
    this.#server.maxRequestsPerSocket = limits.REQUESTS_PER_CONNECTION;
    this.#server.timeout = limits.SILENCE_MS;
    this.#server.on('connection', (socket) => {
      if (options.isOnlyTask !== true) socket.unref();
    });
    if (options.isOnlyTask !== true) this.#server.unref();
  }

  /** Starts to listen. @throws ListenError */
  static async listen(source: StatusSource, options: StatusServerOptions = {}): Promise<StatusServer> {
    const { host = '127.0.0.1', port = 0 } = options;
    const status = new StatusServer(source, host, options);
    const server = status.#server;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, () => {
          server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      status.#streams.close();
      throw listenError(error as NodeJS.ErrnoException, host, port);
    }
    server.on('error', (error) => {
      status.#warn(`the status endpoint: ${error.message}`);
    });
    status.#address = server.address() as AddressInfo;
    return status;
  }

  get port(): number {
    return this.#address?.port ?? 0;
  }

  /** As a browser takes it, ending in a slash. */
  get url(): string {
    const all = this.host === '0.0.0.0' || this.host === '::';
    const name = all ? '127.0.0.1' : this.host.includes(':') ? `[${this.host}]` : this.host;
    return `http://${name}:${this.port}/`;
  }

  /** Connections and streams that are open. */
  get streams(): number {
    return this.#streams.count;
  }

  /** Ends streams and answers, and stops listening. Waits for nobody for longer than a moment. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#streams.close();
    this.#server.closeIdleConnections();
    const late = setTimeout(() => this.#server.closeAllConnections(), LAST_WORDS_MS);
    await closed;
    clearTimeout(late);
  }

  // ---- a request -----------------------------------------------------------------------------------------------------

  #handle(request: IncomingMessage, response: ServerResponse): void {
    // A client that goes away is no reason to say anything.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    try {
      this.#route(request, response);
    } catch (error) {
      this.#fail(request, response, error);
    }
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    const refuse = (answer: Answer): void => {
      // Whatever else comes on this connection is not looked at.
      response.shouldKeepAlive = false;
      this.#sender.send(request, response, answer);
    };
    const names = request.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
    if (names.length > 1) {
      refuse(problem(400, 'bad-request', 'there is more than one Host header'));
      return;
    }
    if (!this.#isHost(request.headers.host)) {
      refuse(
        problem(421, 'wrong-host', 'this server answers under loopback names and the --status-host given'),
      );
      return;
    }
    if (this.#budget?.admit() === false) {
      this.#putOff(request, response);
      return;
    }
    const [path, search = ''] = splitTarget(request.url ?? '/');
    const route = routeOf(path, this.#context.pages);
    if (!route) {
      refuse(problem(404, 'not-found', `there is nothing at ${path.slice(0, 100)}`));
      return;
    }
    const isAsked = route.method === request.method || (route.method === 'GET' && request.method === 'HEAD');
    if (!isAsked) {
      const Allow = route.method === 'GET' ? 'GET, HEAD' : route.method;
      refuse(problem(405, 'wrong-method', `use ${Allow}`, { Allow }));
      return;
    }
    if (hasBody(request)) {
      const length = Number(request.headers['content-length'] ?? 0);
      if (route.method === 'GET' || length > limits.BODY_BYTES) {
        refuse(problem(413, 'too-long', 'this takes no body'));
        return;
      }
    }
    const query = new URLSearchParams(search);
    switch (route.kind) {
      case 'answer':
        this.#answer(request, response, route, query);
        return;
      case 'stream':
        this.#stream(request, response, query);
        return;
      case 'action':
        this.#action(request, response, route, query);
        return;
      default:
        route satisfies never;
    }
  }

  /** Refuses for now, after a while: who waits for answers before asking again is slowed down by that. */
  #putOff(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    // What else has come on this connection goes down with it.
    if (this.#putOffs.has(socket)) return;
    this.#putOffs.add(socket);
    socket.pause();
    response.shouldKeepAlive = false;
    setTimeout(() => {
      this.#sender.send(request, response, busy('answers take as much time as they may; come again later'));
    }, limits.PUT_OFF_MS).unref();
  }

  #answer(
    request: IncomingMessage,
    response: ServerResponse,
    route: Exclude<Route, { kind: 'stream' }>,
    query: URLSearchParams,
  ): void {
    const work = (): Answer | Promise<Answer> => route.answer(this.#context, query);
    const answered = this.#budget ? this.#budget.measure(work) : work();
    if (!(answered instanceof Promise)) {
      this.#sender.send(request, response, answered);
      return;
    }
    answered.then(
      (answer) => {
        this.#budget?.spend(0, answer.body?.length ?? 0);
        this.#sender.send(request, response, answer);
      },
      (error: unknown) => {
        this.#fail(request, response, error);
      },
    );
  }

  #stream(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const given = request.headers['last-event-id'];
    if (typeof given === 'string' && given !== '') query.set('after', given);
    const after = wholeNumber(query, 'after', { least: 0, usual: Number.MAX_SAFE_INTEGER });
    if (this.#streams.isFull) {
      this.#sender.send(request, response, busy(`there are ${limits.STREAMS} event streams already`));
      return;
    }
    if (request.method === 'HEAD') {
      this.#sender.send(request, response, { status: 200, type: 'text/event-stream; charset=utf-8' });
      return;
    }
    this.#streams.open(request, response, after);
  }

  #action(
    request: IncomingMessage,
    response: ServerResponse,
    route: Extract<Route, { kind: 'action' }>,
    query: URLSearchParams,
  ): void {
    if (!this.#isToken(request.headers.authorization)) {
      response.shouldKeepAlive = false;
      this.#sender.send(
        request,
        response,
        problem(401, 'unauthorized', 'give the token of status.json: Authorization: Bearer …', {
          'WWW-Authenticate': 'Bearer realm="wasserwerk"',
        }),
      );
      return;
    }
    let read = 0;
    request.on('data', (piece: Buffer) => {
      read += piece.length;
      if (read <= limits.BODY_BYTES || response.headersSent) return;
      response.shouldKeepAlive = false;
      this.#sender.send(request, response, problem(413, 'too-long', 'this takes no body'));
      request.pause();
    });
    request.on('end', () => {
      if (response.headersSent) return;
      try {
        this.#answer(request, response, route, query);
      } catch (error) {
        this.#fail(request, response, error);
      }
    });
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.headersSent) {
      request.socket.destroy();
      return;
    }
    if (error instanceof BadQuery) {
      this.#sender.send(request, response, problem(400, 'bad-query', error.message));
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    this.#warn(
      `the status endpoint could not answer ${splitTarget(request.url ?? '')[0].slice(0, 100)}: ${message}`,
    );
    this.#sender.send(request, response, problem(500, 'failed', message));
  }

  #warn(text: string): void {
    // A client must not be able to fill a log.
    if (this.#told.has(text) || this.#told.size > 20) return;
    this.#told.add(text);
    this.#warned(text);
  }
}

/** Time that answers which are under way have when the server closes. */
const LAST_WORDS_MS = 250;

/** Path and query of a request's target; an absolute one loses its origin. */
function splitTarget(target: string): [path: string, search?: string] {
  const rest = target.replace(/^https?:\/\/[^/]*/iu, '');
  const at = rest.indexOf('?');
  return at < 0 ? [rest] : [rest.slice(0, at), rest.slice(at + 1)];
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): ListenError {
  const where = `${host}:${port}`;
  const [what, fix] =
    error.code === 'EADDRINUSE'
      ? [
          'another process listens there',
          'choose another --status-port, leave it out for any that is free, or use --no-status',
        ]
      : error.code === 'EACCES' || error.code === 'EPERM'
        ? ['the system does not allow it', 'choose a --status-port from 1024 on, or use --no-status']
        : error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN'
          ? [
              'this machine has no such address',
              'give --status-host an address of this machine, or use --no-status',
            ]
          : [error.message, 'check --status-host and --status-port, or use --no-status'];
  return new ListenError(`the status endpoint cannot listen on ${where}: ${what}\n    fix: ${fix}`, {
    cause: error,
  });
}

/** Loads the metrics when they are asked for first: most runs are never scraped. */
function metricsOf(source: StatusSource): RouteContext['metrics'] {
  let made: Promise<() => Promise<{ type: string; text: string }>> | undefined;
  return async () => {
    made ??= import('./metrics.js').then(({ Metrics }) => {
      const metrics = new Metrics(source);
      return () => metrics.text();
    });
    return (await made)();
  };
}
