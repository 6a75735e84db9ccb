// Server-sent events from a stream of text, cut anywhere. Not EventSource: that shows neither comments (the server's sign of
// life) nor the status of a refusal.

export interface ServerEvent {
  readonly kind: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** Puts pieces of text together into events. */
export class EventParser {
  #rest = '';
  #kind = '';
  #data: string[] = [];
  #id: string | undefined;

  /** The events that are complete with this piece. */
  push(piece: string): ServerEvent[] {
    const found: ServerEvent[] = [];
    let text = this.#rest + piece;
    // A CR at the end may be half of a CR LF: it waits.
    const held = text.endsWith('\r') ? '\r' : '';
    if (held !== '') text = text.slice(0, -1);
    const lines = text.split(/\r\n|\r|\n/u);
    this.#rest = (lines.pop() ?? '') + held;
    for (const line of lines) {
      if (line === '') {
        if (this.#data.length > 0) {
          found.push({ kind: this.#kind || 'message', data: this.#data.join('\n'), id: this.#id });
        }
        this.#kind = '';
        this.#data = [];
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /u, '');
      if (field === 'event') this.#kind = value;
      else if (field === 'data') this.#data.push(value);
      else if (field === 'id') this.#id = value;
    }
    return found;
  }
}
