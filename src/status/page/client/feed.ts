// Where the page's data come from: the stream of events, opened again whenever it breaks, and the history by pages. After a
// break everything that was missed is asked for, so that curves and log have no gaps. Not what is done with the data.

import type { EventKind, HistoryPage, LogEvent, View } from './api.js';
import { eventKinds } from './api.js';
import { History } from './history.js';
import { EventParser } from './sse.js';
import { isLive } from './words.js';

export type Link =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** The server takes no more streams: its state is asked for now and then. */
  | { readonly kind: 'polling' }
  | { readonly kind: 'lost' };

export interface FeedListener {
  viewed(view: View): void;
  happened(event: LogEvent): void;
  /** The history has grown. */
  grown(): void;
  linked(link: Link): void;
}

/** The server gives a sign of life every 10 s. */
const silenceMs = 25_000;
const retryMs = [500, 1000, 2000, 4000];
/** The server of a run that is over may come back with `resume` or `view`. */
const overMs = 10_000;
const pollMs = 3000;
/** After so long without a view it is asked for: while a run is paused none comes by itself. */
const viewMs = 4000;
/** Pages of the history are as long as this, roughly: what is parsed without a jerk. */
const pageBytes = 1_500_000;
const longestPage = 1000;
/** Bytes a millisecond of history that are asked for: the server gives but a part of its time to answers. */
const historyRate = 3000;
/** Between two looks for new records. */
const historyMs = 400;
/** The server has no time for it now. */
const busyMs = 1500;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Feed {
  readonly history = new History();
  readonly #listener: FeedListener;
  readonly #seen = new Set<string>();
  #view: View | undefined;
  #pageLength = 20;
  #wantsObservations = true;
  #wantsEnergies = true;
  #isFetching = false;
  #lastByte = 0;
  #viewedAt = 0;
  #awake: (() => void) | undefined;

  constructor(listener: FeedListener) {
    this.#listener = listener;
    const wake = (): void => this.#awake?.();
    window.addEventListener('online', wake);
    document.addEventListener('visibilitychange', wake);
  }

  /** Seconds since something came from the server. */
  get silentSeconds(): number {
    return (performance.now() - this.#lastByte) / 1000;
  }

  /** Connects, and connects again, for as long as the page is there. */
  async run(): Promise<never> {
    this.#listener.linked({ kind: 'connecting' });
    for (let failures = 0; ; failures++) {
      const outcome = await this.#stream();
      if (outcome === 'streamed') failures = 0;
      if (outcome === 'refused') {
        await pause(pollMs);
        continue;
      }
      this.#listener.linked({ kind: 'lost' });
      const isOver = this.#view !== undefined && !isLive(this.#view.state);
      const wait = isOver ? overMs : retryMs[Math.min(failures, retryMs.length - 1)];
      await Promise.race([pause(wait), new Promise<void>((resolve) => (this.#awake = resolve))]);
    }
  }

  /** One connection, from its beginning to its end. */
  async #stream(): Promise<'streamed' | 'refused' | 'failed'> {
    const abort = new AbortController();
    const opened = performance.now();
    let heard = opened;
    let hasStreamed = false;
    const watch = setInterval(() => {
      if (performance.now() - heard > silenceMs) abort.abort();
      else if (hasStreamed && this.#isViewOld()) this.#askView();
    }, 1000);
    try {
      // From the first event on: numbers of another process than before may have begun anew. Known ones are passed over.
      const response = await fetch('api/events?after=0', {
        signal: abort.signal,
        headers: { accept: 'text/event-stream' },
        cache: 'no-store',
      });
      if (!response.ok || !response.body) return (await this.#poll()) ? 'refused' : 'failed';
      const parser = new EventParser();
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        heard = performance.now();
        this.#lastByte = heard;
        if (!hasStreamed) {
          hasStreamed = true;
          this.#listener.linked({ kind: 'live' });
          this.#want(true, true);
        }
        for (const { kind, data } of parser.push(decoder.decode(value, { stream: true }))) {
          this.#take(kind, data);
        }
      }
    } catch (error) {
      // A connection that breaks is a TypeError, one that is ended for its silence an AbortError; all else is a mistake here.
      if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error;
    } finally {
      clearInterval(watch);
      abort.abort();
    }
    return hasStreamed ? 'streamed' : 'failed';
  }

  #isViewOld(): boolean {
    const wait = this.#view && isLive(this.#view.state) ? viewMs : 10 * viewMs;
    return performance.now() - this.#viewedAt > wait;
  }

  /** Asks for a view beside the stream. What goes wrong there, the stream tells. */
  #askView(): void {
    this.#viewedAt = performance.now();
    fetch('api/status', { cache: 'no-store' })
      .then(async (response) => {
        if (response.ok) this.#takeView((await response.json()) as View);
      })
      .catch((error: unknown) => {
        if (!(error instanceof TypeError)) throw error;
      });
  }

  async #poll(): Promise<boolean> {
    const response = await fetch('api/status', { cache: 'no-store' });
    if (!response.ok) return false;
    this.#lastByte = performance.now();
    this.#listener.linked({ kind: 'polling' });
    this.#takeView((await response.json()) as View);
    return true;
  }

  #take(kind: string, data: string): void {
    if (kind === 'view') {
      this.#takeView(JSON.parse(data) as View);
      return;
    }
    if (!(eventKinds as readonly string[]).includes(kind)) return;
    const event = JSON.parse(data) as LogEvent;
    const key = `${event.id} ${event.at}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    // The server remembers the last thousand or so: more need not be known.
    if (this.#seen.size > 6000) this.#forget(3000);
    this.#listener.happened(event);
    const isOf = (wanted: EventKind): boolean => event.kind === wanted;
    this.#want(isOf('observation'), isOf('energy'));
    if (isOf('state')) this.#askView();
  }

  #forget(count: number): void {
    for (const key of this.#seen) {
      if (count-- <= 0) return;
      this.#seen.delete(key);
    }
  }

  #takeView(view: View): void {
    // Another run at the same address: nothing that is shown is true any more.
    if (this.#view && this.#view.id !== view.id) {
      location.reload();
      return;
    }
    this.#view = view;
    this.#viewedAt = performance.now();
    this.#listener.viewed(view);
    this.#want(
      (view.observation?.step ?? -1) > this.history.lastStep,
      (view.energy?.step ?? -1) > this.history.lastEnergyStep,
    );
  }

  #want(observations: boolean, energies: boolean): void {
    this.#wantsObservations ||= observations;
    this.#wantsEnergies ||= energies;
    if (this.#isFetching || !(this.#wantsObservations || this.#wantsEnergies)) return;
    this.#isFetching = true;
    void this.#fetchHistory().finally(() => (this.#isFetching = false));
  }

  async #fetchHistory(): Promise<void> {
    while (this.#wantsObservations || this.#wantsEnergies) {
      const wantsObservations = this.#wantsObservations;
      this.#wantsObservations = false;
      this.#wantsEnergies = false;
      let wait = historyMs;
      try {
        let isDone = !wantsObservations || (await this.#fetchPages('observations'));
        // Energies come some steps after their observations: those still missing are asked for by their own last step.
        if (isDone && this.history.lastEnergyStep < this.history.lastStep && this.#view?.energy) {
          isDone = await this.#fetchPages('energies');
        }
        if (!isDone) {
          this.#wantsObservations = true;
          wait = busyMs;
        }
      } catch (error) {
        // A connection that broke: the stream breaks as well, and asks for everything when it is back.
        if (error instanceof TypeError) return;
        throw error;
      }
      await pause(wait);
    }
  }

  /**
   * Pages after the last known record of a kind, until there are no more.
   *
   * @returns false where the server had no time for it
   */
  async #fetchPages(kind: 'observations' | 'energies'): Promise<boolean> {
    const last = (): number =>
      kind === 'observations' ? this.history.lastStep : this.history.lastEnergyStep;
    for (;;) {
      const [since, most] = [last(), this.#pageLength];
      const response = await fetch(`api/observables?since=${since}&most=${most}`, { cache: 'no-store' });
      if (!response.ok) return false;
      const text = await response.text();
      const page = JSON.parse(text) as HistoryPage;
      const count = Math.max(page.observations.length, page.energies.length);
      if (count > 0) {
        const fitting = Math.floor((pageBytes * count) / text.length);
        this.#pageLength = Math.max(2, Math.min(longestPage, 4 * most, fitting));
      }
      const fresh = this.history.add(page, since);
      if (fresh.observations + fresh.energies > 0) this.#listener.grown();
      // A page may also be short because its records are large: the view knows how far they go.
      const known = this.#view?.[kind === 'observations' ? 'observation' : 'energy']?.step ?? -1;
      const isLast = fresh[kind] === 0 || (page[kind].length < most && last() >= known);
      await pause(text.length / historyRate);
      if (isLast) return true;
    }
  }
}
