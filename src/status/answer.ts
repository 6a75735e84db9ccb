// Answers of the status endpoint as plain data, and the headers that all of them have. Not how they are sent (send.ts).

export interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Nothing but the dashboard's own files may be loaded, and nobody may frame it. */
export const CONTENT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";

/** Of every answer. There are no CORS headers: pages of other origins may not read anything. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

const encoder = new TextEncoder();

export function json(value: unknown, status = 200): Answer {
  return jsonText(encoder.encode(`${JSON.stringify(value)}\n`), status);
}

/** JSON that is text already. */
export function jsonText(body: Uint8Array, status = 200): Answer {
  return { status, type: 'application/json; charset=utf-8', body };
}

export function text(body: string, status = 200, type = 'text/plain; charset=utf-8'): Answer {
  return { status, type, body: encoder.encode(body) };
}

/** What went wrong, for programs and people: `{ error: { code, message } }`. */
export function problem(
  status: number,
  code: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Answer {
  return { ...json({ error: { code, message } }, status), ...(headers && { headers }) };
}

/** There is no time for it now. */
export function busy(message: string): Answer {
  return problem(503, 'busy', message, { 'Retry-After': '1' });
}
