// Where `wasserwerk status` has its views from: a status endpoint, or the files of a run folder. Follows a run through its event
// stream, and takes up its folder where the endpoint is gone.

import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { manifestFile, RunFolder } from '../output/mod.js';
import { FolderSource, readStatusFile, type RunEvent, type RunView } from '../status/mod.js';
import { UsageError } from './exit.js';

/** What happens in what is watched. */
export type Watched =
  { readonly kind: 'view'; readonly view: RunView } | { readonly kind: 'event'; readonly event: RunEvent };

/** A run that can be looked at, once or on and on. */
export interface StatusTarget {
  view(): Promise<RunView>;
  /** Views and events until the run is over or the signal comes. */
  watch(signal: AbortSignal): AsyncIterable<Watched>;
}

const PATIENCE_MS = 5000;
const AGAIN_MS = 1000;

export const isOver = ({ state }: RunView): boolean =>
  state === 'finished' || state === 'interrupted' || state === 'failed' || state === 'unknown';

/**
 * Finds what is meant: a URL, a run folder, or the newest run below `runs`.
 * @throws UsageError where there is nothing, OutputError where a folder is no run
 */
export async function findTarget(given: string | undefined): Promise<StatusTarget> {
  const target = given ?? (await newestRun('runs'));
  if (/^https?:\/\//iu.test(target)) return new EndpointTarget(target);
  if (!existsSync(target)) {
    throw new UsageError(
      `there is no folder ${target}; give the one that \`wasserwerk run\` named when it started, or the URL of a status endpoint`,
    );
  }
  return new FolderTarget(target);
}

async function newestRun(parent: string): Promise<string> {
  const names = existsSync(parent) ? await readdir(parent) : [];
  let newest: { path: string; at: number } | undefined;
  for (const name of names) {
    const path = join(parent, name);
    const found = await stat(join(path, manifestFile)).catch(() => undefined);
    if (found && found.mtimeMs > (newest?.at ?? -Infinity)) newest = { path, at: found.mtimeMs };
  }
  if (newest) return newest.path;
  throw new UsageError('there is no run below runs/; give a run folder or the URL of a status endpoint');
}

/** A status endpoint. */
class EndpointTarget implements StatusTarget {
  readonly #base: URL;

  constructor(readonly url: string) {
    this.#base = new URL(url);
    // A token that came along is for the dashboard.
    this.#base.hash = '';
    if (!this.#base.pathname.endsWith('/')) this.#base.pathname += '/';
  }

  async view(): Promise<RunView> {
    const response = await this.#get('api/status', AbortSignal.timeout(PATIENCE_MS));
    return (await response.json()) as RunView;
  }

  async *watch(signal: AbortSignal): AsyncGenerator<Watched> {
    const decoder = new TextDecoder();
    const response = await this.#get('api/events?after=0', signal);
    let text = '';
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece as Uint8Array, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const found = parseBlock(text.slice(0, end));
        text = text.slice(end + 2);
        if (found) yield found;
      }
    }
  }

  async #get(path: string, signal: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(new URL(path, this.#base), { signal, redirect: 'error' });
    } catch (error) {
      throw new NoAnswer(
        `nobody answers at ${this.#base.href}: the run is over, or the URL is not that of a status endpoint`,
        {
          cause: error,
        },
      );
    }
    if (!response.ok)
      throw new NoAnswer(`${this.#base.href} answers ${response.status}: is it a status endpoint?`);
    return response;
  }
}

class NoAnswer extends UsageError {}

/** One server-sent event. */
function parseBlock(block: string): Watched | undefined {
  const lines = block.split('\n');
  const field = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const data = field('data');
  if (data === undefined) return undefined;
  return field('event') === 'view'
    ? { kind: 'view', view: JSON.parse(data) as RunView }
    : { kind: 'event', event: JSON.parse(data) as RunEvent };
}

/** A folder: by the endpoint of the process that works on it, else by its files. */
class FolderTarget implements StatusTarget {
  constructor(readonly folder: string) {}

  async view(): Promise<RunView> {
    const endpoint = await this.#endpoint();
    if (endpoint) {
      try {
        return await endpoint.view();
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
      }
    }
    return (await FolderSource.open(this.folder)).view();
  }

  async *watch(signal: AbortSignal): AsyncGenerator<Watched> {
    let last: RunView | undefined;
    while (!signal.aborted) {
      const endpoint = await this.#endpoint();
      if (endpoint) {
        try {
          for await (const found of endpoint.watch(signal)) {
            if (found.kind === 'view') last = found.view;
            yield found;
          }
        } catch (error) {
          if (signal.aborted) return;
          // The stream broke off, or nobody answers any more: the files tell.
          if (!(error instanceof NoAnswer || error instanceof TypeError)) throw error;
        }
        if (last && isOver(last)) return;
      }
      const source = await FolderSource.open(this.folder);
      if (last === undefined) for (const event of source.events(0)) yield { kind: 'event', event };
      last = source.view();
      yield { kind: 'view', view: last };
      if (isOver(last)) return;
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Undefined where nobody works on the run, or not on this machine and at an address that only it knows. */
  async #endpoint(): Promise<EndpointTarget | undefined> {
    const { path, isLive } = await RunFolder.inspect(this.folder);
    if (!isLive) return undefined;
    // Another user may not read it: then the files have to do.
    const found = await readStatusFile(path).catch(() => undefined);
    if (!found) return undefined;
    const isElsewhere =
      found.host !== hostname() && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(found.url).hostname);
    return isElsewhere ? undefined : new EndpointTarget(found.url);
  }
}
