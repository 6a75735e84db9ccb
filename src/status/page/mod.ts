// The files of the dashboard, as the server hands them out: a fixed list, read once. In a build these are the page, its style
// sheet, and the modules of client/ and src/drawing as tsc left them; run from the sources there are no modules to hand out,
// and the page says that scripts are missing.

import { readdirSync, readFileSync } from 'node:fs';

export interface PageFile {
  readonly type: string;
  readonly body: Uint8Array;
}

const here = new URL('./', import.meta.url);
const src = new URL('../../', import.meta.url);

const assets: readonly (readonly [name: string, type: string])[] = [
  ['index.html', 'text/html; charset=utf-8'],
  ['style.css', 'text/css; charset=utf-8'],
  ['icon.svg', 'image/svg+xml'],
];
/** Folders whose modules the page loads. Their paths below src/ are their paths below /page/, so that imports hold. */
const moduleFolders = ['status/page/client', 'drawing'] as const;

/** The files of the page by their path below `/page/`; `index.html` is also what `/` shows. */
export function pageFiles(): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const [name, type] of assets) {
    files.set(name, { type, body: readFileSync(new URL(`assets/${name}`, here)) });
  }
  for (const folder of moduleFolders) {
    for (const name of readdirSync(new URL(`${folder}/`, src)).sort()) {
      if (!name.endsWith('.js')) continue;
      const body = readFileSync(new URL(`${folder}/${name}`, src));
      files.set(`${folder}/${name}`, { type: 'text/javascript; charset=utf-8', body });
    }
  }
  return files;
}
