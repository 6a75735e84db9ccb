// The files of the dashboard as the server serves them. Until the page is there, a stand-in that names what can be asked.

export type PageFiles = ReadonlyMap<string, { readonly type: string; readonly body: Uint8Array }>;

/** `index.html` and the files that it loads, by name. */
export function pageFiles(): PageFiles {
  const body = new TextEncoder().encode(
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>wasserwerk</title><h1>wasserwerk</h1>' +
      '<p><a href="/api/status">status</a> <a href="/api/openapi.json">API</a> <a href="/metrics">metrics</a></p></html>\n',
  );
  return new Map([['index.html', { type: 'text/html; charset=utf-8', body }]]);
}
