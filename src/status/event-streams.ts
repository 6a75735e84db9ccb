// Server-sent events: everybody who listens is told of each event, and of the run as it stands at looks. Text is made once for all
// of them. A stream whose reader does not keep up misses views, and is dropped when too much waits for it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { COMMON_HEADERS } from './answer.js';
import { ALIVE_MS, STREAMS, VIEW_BYTES_PER_SECOND, VIEW_MS, WAITING_BYTES } from './limits.js';
import { waitingBytes } from './send.js';
import type { RunEvent, StatusSource } from './source.js';
import type { ViewText } from './view-text.js';

/** Milliseconds after which a browser whose stream has ended comes back. */
const RETRY_MS = 2000;

export class EventStreams {
  readonly #open = new Set<ServerResponse>();
  readonly #unsubscribe: () => void;
  readonly #alive: NodeJS.Timeout;
  #viewTimer: NodeJS.Timeout | undefined;
  #viewedAt = -Infinity;

  constructor(
    private readonly source: Pick<StatusSource, 'events' | 'subscribe'>,
    private readonly view: ViewText,
    private readonly most = STREAMS,
  ) {
    this.#unsubscribe = source.subscribe((event) => {
      this.#tell(event);
    });
    this.#alive = setInterval(() => {
      this.#write(': alive\n\n');
    }, ALIVE_MS).unref();
  }

  get count(): number {
    return this.#open.size;
  }

  get isFull(): boolean {
    return this.#open.size >= this.most;
  }

  /** Makes a stream of an answer: the run as it stands, what happened after event `after`, and all that happens from now on. */
  open(request: IncomingMessage, response: ServerResponse, after: number): void {
    response.writeHead(200, {
      ...COMMON_HEADERS,
      'Content-Type': 'text/event-stream; charset=utf-8',
      'X-Accel-Buffering': 'no',
      Connection: 'close',
    });
    request.socket.setNoDelay(true);
    const past = this.source.events(after).map(eventText).join('');
    response.write(`retry: ${RETRY_MS}\n\n${this.#viewText()}${past}`);
    this.#open.add(response);
    response.once('close', () => this.#open.delete(response));
  }

  /** Ends all streams, with the run as it stands now. */
  close(): void {
    this.#unsubscribe();
    clearInterval(this.#alive);
    clearTimeout(this.#viewTimer);
    if (this.#open.size > 0) this.#write(this.#viewText());
    for (const response of this.#open) response.end();
    this.#open.clear();
  }

  #tell(event: RunEvent): void {
    if (this.#open.size === 0) return;
    // A look is told as the view that it changes; a change of state is worth one, too.
    if (event.kind !== 'look') this.#write(eventText(event));
    if (event.kind === 'look' || event.kind === 'state') this.#wantView();
  }

  /** Sends a view now or, if the last one was just sent, when its time has come. */
  #wantView(): void {
    if (this.#viewTimer) return;
    const wait = this.#viewedAt + this.#pause() - performance.now();
    if (wait <= 0) this.#sendView();
    else this.#viewTimer = setTimeout(() => this.#sendView(), wait).unref();
  }

  #pause(): number {
    const bytes = this.view.bytes.length * this.#open.size;
    return Math.max(VIEW_MS, (1000 * bytes) / VIEW_BYTES_PER_SECOND);
  }

  #sendView(): void {
    this.#viewTimer = undefined;
    this.#viewedAt = performance.now();
    const text = Buffer.from(this.#viewText());
    for (const response of this.#open) {
      // Who still has something to read gets a later one.
      if (waitingBytes(response) === 0) response.write(text);
    }
  }

  #viewText(): string {
    return `event: view\ndata: ${this.view.text}\n\n`;
  }

  #write(text: string): void {
    for (const response of this.#open) {
      if (waitingBytes(response) > WAITING_BYTES) response.destroy();
      else response.write(text);
    }
  }
}

/** One event of the stream; JSON has no line ends within. */
function eventText(event: RunEvent): string {
  return `id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
}
