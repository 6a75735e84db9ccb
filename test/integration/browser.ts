// The dashboard in a real Chromium, served by the built server over a synthetic run: what its tests share. Not a test.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import type * as Status from '../../src/status/mod.js';
import type * as Pages from '../../src/status/page/mod.js';
import { SyntheticRun, type SyntheticOptions } from '../status/page/synthetic.js';

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
const chromiumPath: string | undefined = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => ['chromium', 'chromium-browser'].map((name) => join(folder, name)))
  .find(isProgram);

async function launch(): Promise<Browser> {
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

/** A synthetic run, its server, and the page that shows it. */
export interface Shown extends Opened {
  readonly run: SyntheticRun;
  readonly server: Status.StatusServer;
}

/** What tests in Chromium have. All that is opened is closed after each. */
export interface Tools {
  readonly browser: () => Browser;
  readonly show: (
    options?: SyntheticOptions & { step?: number },
    browserOptions?: Parameters<typeof open>[2],
  ) => Promise<Shown>;
  readonly closeAfter: (close: () => Promise<unknown>) => void;
}

/** A group of tests in Chromium; skipped, with the reason in its name, only where there is none. */
export function inChromium(name: string, body: (tools: Tools) => void): void {
  const isThere = chromiumPath !== undefined;
  const reason = ' (skipped: no chromium on the path; scripts/install-test-tools.sh installs it)';
  describe.skipIf(!isThere)(`${name} in Chromium${isThere ? '' : reason}`, () => {
    let browser: Browser;
    const toClose: (() => Promise<unknown>)[] = [];
    const closeAfter = (close: () => Promise<unknown>): void => void toClose.push(close);
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(async () => browser?.close());
    afterEach(async () => {
      for (const close of toClose.splice(0).reverse()) await close();
    });
    const show: Tools['show'] = async (options = {}, browserOptions = {}) => {
      const run = new SyntheticRun(options);
      run.advance(options.step ?? 1500);
      const server = await serve(run);
      closeAfter(() => server.close());
      const opened = await open(browser, server, browserOptions);
      closeAfter(() => opened.close());
      return { run, server, ...opened };
    };
    body({ browser: () => browser, show, closeAfter });
  });
}

/** Waits for an element with a text. */
export async function eventually(page: Page, selector: string, wanted: string | RegExp): Promise<void> {
  await page.locator(selector, { hasText: wanted }).first().waitFor({ timeout: 15_000 });
}

/** The rows of a chart's table, opened by its summary. */
export async function tableOf(page: Page, title: string): Promise<string[][]> {
  const heading = page.getByRole('heading', { name: title, exact: true });
  const figure = page.locator('figure.card', { has: heading });
  if ((await figure.locator('details[open]').count()) === 0) {
    await figure.getByText('Numbers', { exact: true }).click();
  }
  await figure.locator('tbody tr').first().waitFor();
  const rows = await figure.locator('tbody tr').all();
  return Promise.all(rows.map((row) => row.locator('th, td').allTextContents()));
}
