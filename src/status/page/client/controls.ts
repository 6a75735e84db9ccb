// Pause, resume, checkpoint and stop, where there is a token; without one the page only shows. Stopping asks first.

import type { ActionName, RunState, View } from './api.js';
import { find, setText } from './dom.js';
import { forgetToken, keepToken, readToken } from './token.js';
import { isLive } from './words.js';

const said: Readonly<Record<ActionName, string>> = {
  pause: 'Asked to pause: the run holds at its next look.',
  resume: 'Asked to go on.',
  checkpoint: 'Asked for a checkpoint.',
  stop: 'Asked to stop: the run writes a checkpoint and ends.',
};

export class Controls {
  readonly #place = find('controls', HTMLElement);
  readonly #readOnly = find('read-only', HTMLElement);
  readonly #result = find('action-result', HTMLElement);
  readonly #dialog = find('stop-dialog', HTMLDialogElement);
  readonly #pause = find('pause', HTMLButtonElement);
  readonly #checkpoint = find('checkpoint', HTMLButtonElement);
  readonly #stop = find('stop', HTMLButtonElement);
  #token = readToken();
  #state: RunState | undefined;
  #isLinked = false;

  constructor() {
    this.#pause.addEventListener('click', () => {
      void this.#ask(this.#state === 'paused' ? 'resume' : 'pause');
    });
    this.#checkpoint.addEventListener('click', () => void this.#ask('checkpoint'));
    this.#stop.addEventListener('click', () => this.#dialog.showModal());
    find('stop-no', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    find('stop-yes', HTMLButtonElement).addEventListener('click', () => {
      this.#dialog.close();
      void this.#ask('stop');
    });
    const input = find('token', HTMLInputElement);
    find('token-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const given = input.value.trim();
      if (given === '') return;
      keepToken(given);
      this.#token = given;
      input.value = '';
      this.#show();
      this.#pause.focus();
    });
    // A link with another token, opened in this tab while the page is there.
    window.addEventListener('hashchange', () => {
      this.#token = readToken();
      this.#show();
    });
    this.#show();
  }

  viewed(view: View): void {
    if (this.#state === view.state) return;
    this.#state = view.state;
    this.#show();
  }

  linked(isLinked: boolean): void {
    this.#isLinked = isLinked;
    this.#show();
  }

  #show(): void {
    const state = this.#state;
    const isOver = state !== undefined && !isLive(state);
    this.#place.hidden = this.#token === undefined || isOver;
    this.#readOnly.hidden = this.#token !== undefined || isOver;
    const canAsk = this.#isLinked && state !== undefined;
    setText(this.#pause, state === 'paused' ? 'Resume' : 'Pause');
    for (const button of [this.#pause, this.#checkpoint, this.#stop]) button.disabled = !canAsk;
    if (state === 'starting' || state === 'waiting') this.#checkpoint.disabled = true;
    if (isOver && this.#dialog.open) this.#dialog.close();
  }

  async #ask(action: ActionName): Promise<void> {
    setText(this.#result, '');
    try {
      const response = await fetch(`api/${action}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.#token ?? ''}` },
      });
      if (response.ok) {
        setText(this.#result, said[action]);
        return;
      }
      if (response.status === 401) {
        forgetToken();
        this.#token = undefined;
        this.#show();
        setText(
          this.#result,
          'The server does not know this token. It has a new one after each start of the run.',
        );
        return;
      }
      setText(this.#result, `Not done: ${await reasonOf(response)}.`);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      setText(this.#result, 'Not done: the server cannot be reached.');
    }
  }
}

/** What the server says is wrong. */
async function reasonOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } };
    if (typeof error?.message === 'string') return error.message;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  return `the server answers ${response.status}`;
}
