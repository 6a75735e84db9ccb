// What can be asked of the status endpoint: a table of paths, and what each answers out of a StatusSource. Knows no sockets;
// limits, names and tokens were looked at before (server.ts).

import { json, jsonText, problem, text, type Answer } from './answer.js';
import { PARTICLES, RECORD_BYTES, RECORDS } from './limits.js';
import { openApi } from './openapi.js';
import type { PageFiles } from './pages.js';
import { pictureBytes } from './picture-bytes.js';
import type { Picture, RunView, StatusSource } from './source.js';
import type { ViewText } from './view-text.js';

export interface RouteContext {
  readonly source: StatusSource;
  readonly view: ViewText;
  readonly pages: PageFiles;
  /** The text of /metrics, and its type. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
}

export type Asked = (context: RouteContext, query: URLSearchParams) => Answer | Promise<Answer>;

/** A path with a method. `stream` is answered by event-streams.ts; an action needs the token. */
export type Route =
  | { readonly method: 'GET'; readonly kind: 'answer'; readonly answer: Asked }
  | { readonly method: 'GET'; readonly kind: 'stream' }
  | { readonly method: 'POST'; readonly kind: 'action'; readonly answer: Asked };

/** A query that cannot be understood. */
export class BadQuery extends Error {}

const get = (answer: Asked): Route => ({ method: 'GET', kind: 'answer', answer });

export const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/healthz', get(() => text('ok\n'))],
  ['/readyz', get(ready)],
  ['/api/status', get(({ view }) => jsonText(view.bytes))],
  ['/api/observables', get(observables)],
  ['/api/workers', get(workers)],
  ['/api/picture', get(picture)],
  ['/api/events', { method: 'GET', kind: 'stream' }],
  ['/api/openapi.json', get(() => json(openApi()))],
  ['/metrics', get(metrics)],
  ...(['pause', 'resume', 'checkpoint', 'stop'] as const).map((name): [string, Route] => [
    `/api/${name}`,
    { method: 'POST', kind: 'action', answer: (context) => act(context, name) },
  ]),
]);

/** The route of a path, files of the page among them. */
export function routeOf(path: string, pages: PageFiles): Route | undefined {
  const name =
    path === '/' ? 'index.html' : path.startsWith('/page/') ? path.slice('/page/'.length) : undefined;
  if (name === undefined) return routes.get(path);
  const file = pages.get(name);
  return file && get(() => ({ status: 200, ...file }));
}

// ---- numbers in queries ------------------------------------------------------------------------------------------------

/** A whole number of a query. @throws BadQuery */
export function wholeNumber(
  query: URLSearchParams,
  name: string,
  { least, most = Number.MAX_SAFE_INTEGER, usual }: { least: number; most?: number; usual: number },
): number {
  const given = query.get(name);
  if (given === null) return usual;
  const value = Number(given);
  if (!/^-?\d{1,16}$/u.test(given) || !Number.isSafeInteger(value) || value < least) {
    throw new BadQuery(`${name} is a whole number from ${least} on`);
  }
  return Math.min(value, most);
}

// ---- answers -------------------------------------------------------------------------------------------------------

/** Whether the run has come to its steps. */
function ready({ source }: RouteContext): Answer {
  const { state } = source.view();
  return state === 'starting' || state === 'waiting' ? text(`${state}\n`, 503) : text('ready\n');
}

async function observables({ source }: RouteContext, query: URLSearchParams): Promise<Answer> {
  const since = wholeNumber(query, 'since', { least: -1, usual: -1 });
  const most = wholeNumber(query, 'most', { least: 1, most: RECORDS.most, usual: RECORDS.usual });
  const [observations, energies] = await Promise.all([
    source.observations(since, most),
    source.energies(since, most),
  ]);
  return jsonText(
    new TextEncoder().encode(`{"observations":${list(observations)},"energies":${list(energies)}}\n`),
  );
}

/** Records as JSON, up to a size; the first one in any case. */
function list(records: readonly unknown[]): string {
  const texts: string[] = [];
  let length = 0;
  for (const record of records) {
    const line = JSON.stringify(record);
    length += line.length;
    if (texts.length > 0 && length > RECORD_BYTES) break;
    texts.push(line);
  }
  return `[${texts.join(',')}]`;
}

function workers({ source }: RouteContext): Answer {
  const { workers: list, partition, imbalance, epoch, reforms }: RunView = source.view();
  return json({ workers: list, partition, imbalance, epoch, reforms });
}

const pictures = new WeakMap<Picture, Uint8Array>();

async function picture({ source }: RouteContext, query: URLSearchParams): Promise<Answer> {
  const most = wholeNumber(query, 'most', { least: 1, most: PARTICLES.most, usual: PARTICLES.usual });
  const found = await source.picture(most);
  if (!found) return { status: 204 };
  const body = pictures.get(found) ?? pictureBytes(found);
  pictures.set(found, body);
  return { status: 200, type: 'application/octet-stream', body };
}

async function metrics(context: RouteContext): Promise<Answer> {
  const { type, text: body } = await context.metrics();
  return text(body, 200, type);
}

type Action = 'pause' | 'resume' | 'checkpoint' | 'stop';

function act({ source }: RouteContext, action: Action): Answer {
  const { actions } = source;
  const wrong =
    actions === undefined
      ? `the run is ${source.view().state}`
      : action === 'stop'
        ? actions.stop('asked to through the status endpoint')
        : actions[action]();
  return wrong === undefined
    ? json({ accepted: action }, 202)
    : problem(409, 'conflict', `cannot ${action}: ${wrong}`);
}
