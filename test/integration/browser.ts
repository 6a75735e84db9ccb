// The dashboard in a real Chromium, served by the built server over a synthetic run. Not a test.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import type * as Status from '../../src/status/mod.js';
import type * as Pages from '../../src/status/page/mod.js';
import type { SyntheticRun } from '../status/page/synthetic.js';

const dist = (path: string): string => new URL(`../../dist/src/${path}`, import.meta.url).href;

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Chromium as Debian installs it; undefined where there is none. */
export const chromiumPath: string | undefined = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => ['chromium', 'chromium-browser'].map((name) => join(folder, name)))
  .find(isProgram);

export async function launch(): Promise<Browser> {
  return chromium.launch({
    ...(chromiumPath !== undefined && { executablePath: chromiumPath }),
    // Without rights of its own a sandbox cannot be made as root, nor in most containers.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

/** The built server, with the built page. */
export async function serve(run: SyntheticRun, port = 0, token?: string): Promise<Status.StatusServer> {
  const { StatusServer } = (await import(dist('status/mod.js'))) as typeof Status;
  const { pageFiles } = (await import(dist('status/page/mod.js'))) as typeof Pages;
  return StatusServer.listen(run, { port, pages: pageFiles(), ...(token !== undefined && { token }) });
}

export interface Opened {
  readonly page: Page;
  /** What the browser complained of: errors, broken policies, requests to elsewhere. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** Opens the page of a server, in a browser that remembers nothing. */
export async function open(
  browser: Browser,
  server: { readonly url: string; readonly token: string },
  { withToken = true, ...options }: BrowserContextOptions & { withToken?: boolean } = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() !== 'log') complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url)) complaints.push(`request to ${request.url()}`);
  });
  await page.addInitScript({ path: fileURLToPath(new URL('in-page.js', import.meta.url)) });
  await page.goto(`${server.url}${withToken ? `#token=${server.token}` : ''}`);
  await page.locator('#connection', { hasText: /Live|Connected/u }).waitFor();
  return { page, complaints, close: () => context.close() };
}

/** Calls a function of in-page.js in the page. */
export async function probe<Result>(page: Page, name: string, ...args: readonly number[]): Promise<Result> {
  return page.evaluate(`probe.${name}(${args.join(', ')})`);
}
