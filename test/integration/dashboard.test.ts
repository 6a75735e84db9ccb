// The dashboard in a real Chromium: it shows the numbers of the run, survives a dropped connection, controls the run with a
// token and not without, is usable by keyboard and on any screen, and stays smooth with many nodes. Its parts that compute are
// tested in test/status/page.

import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { brief, grouped, withError } from '../../src/drawing/mod.js';
import type { StatusServer } from '../../src/status/mod.js';
import { SyntheticRun, type SyntheticOptions } from '../status/page/synthetic.js';
import { start, until, useFolder, writeConfig } from './command.js';
import { chromiumPath, launch, open, probe, serve, type Opened } from './browser.js';

let browser: Browser;
const toClose: (() => Promise<void>)[] = [];

async function show(
  options: SyntheticOptions & { step?: number } = {},
  browserOptions: Parameters<typeof open>[2] = {},
): Promise<{ run: SyntheticRun; server: StatusServer } & Opened> {
  const run = new SyntheticRun(options);
  run.advance(options.step ?? 1500);
  const server = await serve(run);
  toClose.push(() => server.close());
  const opened = await open(browser, server, browserOptions);
  toClose.push(() => opened.close());
  return { run, server, ...opened };
}

const text = async (page: Page, selector: string): Promise<string> =>
  (await page.locator(selector).first().textContent()) ?? '';

async function eventually(page: Page, selector: string, wanted: string | RegExp): Promise<void> {
  await page.locator(selector, { hasText: wanted }).first().waitFor({ timeout: 15_000 });
}

/** The rows of a chart's table, opened by its summary. */
async function tableOf(page: Page, title: string): Promise<string[][]> {
  const figure = page.locator('figure.card', {
    has: page.getByRole('heading', { name: title, exact: true }),
  });
  if ((await figure.locator('details[open]').count()) === 0)
    await figure.getByText('Numbers', { exact: true }).click();
  await figure.locator('tbody tr').first().waitFor();
  const rows = await figure.locator('tbody tr').all();
  return Promise.all(rows.map((row) => row.locator('th, td').allTextContents()));
}

describe.skipIf(chromiumPath === undefined)(
  `the dashboard in Chromium${chromiumPath === undefined ? ' (skipped: no chromium on the path; scripts/install-test-tools.sh installs it)' : ''}`,
  () => {
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(async () => browser?.close());
    afterEach(async () => {
      for (const close of toClose.splice(0).reverse()) await close();
    });

    describe('numbers', () => {
      it('are those of the API', async () => {
        const { page, server, complaints } = await show();
        const view = (await (await fetch(`${server.url}api/status`)).json()) as ReturnType<
          SyntheticRun['view']
        >;
        expect(view.step).toBe(1500);
        await eventually(
          page,
          '#steps',
          `step ${grouped(1500)} of ${grouped(4000)}, t = ${brief(view.time)}`,
        );
        expect(await text(page, '#run-name')).toBe(view.name);
        expect(await text(page, '#percent')).toBe('37.5 %');
        expect(await page.locator('#progress').getAttribute('aria-valuenow')).toBe('37');
        const key = await page.locator('#key-numbers').innerText();
        expect(key).toContain(withError(view.energy!.energy, view.energy!.energyError));
        expect(key).toContain(withError(view.energy!.relativeEntropy, view.energy!.relativeEntropyError));
        expect(key).toContain(
          withError(view.observation!.potentialEnergy, view.observation!.potentialEnergyError),
        );
        // What cannot be seen is drawn a little later.
        await expect
          .poll(() => page.locator('.bars li:visible .number').allTextContents(), { timeout: 10_000 })
          .toEqual(view.mass.map((m, g) => withError(m, view.observation!.massError[g])));
        expect(complaints).toEqual([]);
      });

      it('of charts are those of the tables, from the first to the last', async () => {
        const { page, run, server } = await show();
        type Page = { energies: ReturnType<SyntheticRun['energyAt']>[] };
        const { energies } = (await (
          await fetch(`${server.url}api/observables?since=-1&most=2000`)
        ).json()) as Page;
        expect(energies).toHaveLength(76);
        await expect.poll(async () => (await tableOf(page, 'Energy E')).at(-1)?.[0]).toBe(brief(7.5));
        const rows = await tableOf(page, 'Energy E');
        const row = ({ time, energy, energyError }: Page['energies'][0]): string[] => [
          brief(time),
          withError(energy, energyError),
        ];
        expect(rows[0]).toEqual(row(energies[0]));
        expect(rows.at(-1)).toEqual(row(energies[75]));
        const masses = await tableOf(page, 'Masses over time');
        expect(masses.at(-1)).toHaveLength(7);
        expect(parseFloat(masses.at(-1)![1])).toBeCloseTo(run.massAt(1500)[0], 3);
        for (let k = 0; k < 5; k++) {
          await page.locator('canvas.chart').nth(k).scrollIntoViewIfNeeded();
          await expect.poll(() => probe<number>(page, 'inked', 0, k)).toBeGreaterThan(0.01);
        }
      });

      it('go on as the run does, without a shift of the page', async () => {
        const { page, run, complaints } = await show({ nodes: 40 });
        await eventually(page, '#steps', `step ${grouped(1500)}`);
        await sleep(500);
        const before = await probe<number>(page, 'layoutShift');
        for (let k = 0; k < 20; k++) {
          run.advance(20);
          await sleep(60);
        }
        await eventually(page, '#steps', `step ${grouped(1900)}`);
        await expect.poll(async () => (await tableOf(page, 'Energy E')).at(-1)?.[0]).toBe(brief(9.5));
        // Opening the table is the reader's doing; nothing else may have moved.
        expect((await probe<number>(page, 'layoutShift')) - before).toBeLessThan(0.02);
        run.advance(4000);
        await eventually(page, '#run-state', 'Finished');
        expect(await text(page, '#left')).toMatch(/^took /u);
        expect(await page.locator('#controls').isVisible()).toBe(false);
        expect(complaints).toEqual([]);
      });

      it('of a run without energies are the mean potential, and the page says why', async () => {
        const { page } = await show({ hasEnergy: false });
        await eventually(page, '.note', 'observe.entropy');
        expect(await page.getByRole('heading', { name: 'Energy E' }).isVisible()).toBe(false);
        expect(await page.locator('#key-numbers').innerText()).toContain('Mean potential');
      });
    });

    describe('a connection that drops', () => {
      it('is told, and what was missed is fetched', async () => {
        const { page, run, server } = await show();
        const steps = new Set<number>();
        page.on('response', (response) => {
          if (!response.url().includes('api/observables')) return;
          void response.json().then((body: { observations: { step: number }[] }) => {
            for (const { step } of body.observations) steps.add(step);
          });
        });
        await page.reload();
        await eventually(page, '#connection', 'Live');
        await eventually(page, '#steps', `step ${grouped(1500)}`);
        await server.close();
        await eventually(page, '#connection', /Connection lost, last data \d+ s old/u);
        expect(await page.locator('#pause').isDisabled()).toBe(true);
        run.advance(300);
        run.emit('warning', 'something that happened meanwhile');
        run.advance(300);
        const again = await serve(run, server.port, server.token);
        toClose.push(() => again.close());
        await eventually(page, '#connection', 'Live');
        await eventually(page, '#steps', `step ${grouped(2100)}`);
        await page.locator('#log').scrollIntoViewIfNeeded();
        await eventually(page, '#log-list li', 'something that happened meanwhile');
        // Nothing stands there twice though the server told all of it again.
        expect(await page.locator('#log-list li', { hasText: 'the run has begun' }).count()).toBe(1);
        await expect.poll(() => steps.size).toBe(2100 / 20 + 1);
        expect(await page.locator('#pause').isEnabled()).toBe(true);
      });

      it('is not needed at once: the page connects when the server comes', async () => {
        const { page, run, server } = await show();
        await server.close();
        await eventually(page, '#connection', 'Connection lost');
        await sleep(3000);
        expect(await text(page, '#connection')).toMatch(/last data [3-9] s old/u);
        toClose.push(await serve(run, server.port).then((again) => () => again.close()));
        await eventually(page, '#connection', 'Live');
      });
    });

    describe('control', () => {
      it('with a token pauses, goes on, writes a checkpoint, and stops after a question', async () => {
        const { page, run, complaints } = await show();
        expect(page.url()).not.toContain('token');
        await page.getByRole('button', { name: 'Pause' }).click();
        await eventually(page, '#run-state', 'Paused');
        await page.getByRole('button', { name: 'Resume' }).click();
        await eventually(page, '#run-state', 'Running');
        await page.getByRole('button', { name: 'Checkpoint' }).click();
        await eventually(page, '#action-result', 'Asked for a checkpoint');
        await page.getByRole('button', { name: 'Stop …' }).click();
        expect(await probe<{ id: string }>(page, 'focused')).toMatchObject({ id: 'stop-no' });
        await page.keyboard.press('Escape');
        expect(await page.locator('#stop-dialog').isVisible()).toBe(false);
        expect(run.asked).toEqual(['pause', 'resume', 'checkpoint']);
        await page.getByRole('button', { name: 'Stop …' }).click();
        await page.getByRole('button', { name: 'Stop the run' }).click();
        await eventually(page, '#run-state', 'Interrupted');
        expect(run.asked).toEqual(['pause', 'resume', 'checkpoint', 'stop']);
        expect(await page.locator('#controls').isVisible()).toBe(false);
        expect(complaints).toEqual([]);
        // The token lasts as long as the tab.
        await page.reload();
        await eventually(page, '#run-state', 'Interrupted');
      });

      it('without a token is not there; a wrong one is refused, a right one taken', async () => {
        const { page, run, server } = await show({}, { withToken: false });
        await eventually(page, '#run-state', 'Running');
        expect(await page.getByRole('button', { name: 'Pause' }).isVisible()).toBe(false);
        const give = async (token: string): Promise<void> => {
          if (!(await page.locator('#token').isVisible()))
            await page.getByText('Read only: no token').click();
          await page.getByLabel('Token').fill(token);
          await page.getByRole('button', { name: 'Use it' }).click();
          await page.getByRole('button', { name: 'Pause' }).click();
        };
        await give('wrong');
        await eventually(page, '#action-result', 'does not know this token');
        expect(run.asked).toEqual([]);
        await give(server.token);
        await eventually(page, '#run-state', 'Paused');
        expect(run.asked).toEqual(['pause']);
      });
    });

    describe('densities', () => {
      it('are fetched only while they can be seen, and not often', async () => {
        const { page, run } = await show();
        let pictures = 0;
        page.on('request', (request) => (pictures += Number(request.url().includes('api/picture'))));
        await sleep(1500);
        expect(pictures).toBe(0);
        await page.locator('#cloud-panels').scrollIntoViewIfNeeded();
        await expect
          .poll(() => probe<number>(page, 'inked', 1, 0), { timeout: 10_000 })
          .toBeGreaterThan(0.005);
        for (let k = 0; k < 30; k++) {
          run.advance(4);
          await sleep(100);
        }
        expect(pictures).toBeGreaterThanOrEqual(2);
        expect(pictures).toBeLessThanOrEqual(4);
        expect(await page.locator('canvas.cloud').first().getAttribute('aria-label')).toMatch(
          /^well 0: mean of x −?\d.*standard deviation/u,
        );
      });

      it.each([
        ['one coordinate', { dimension: 1 }, /^x$/u],
        ['a grid', { dimension: 2, kind: 'grid' as const }, /^x,y$/u],
        ['four coordinates', { dimension: 4 }, /^x1,x2,x3,x4$/u],
      ])('of %s are drawn', async (_, options, names) => {
        const { page, complaints } = await show(options);
        await page.locator('#cloud-panels').scrollIntoViewIfNeeded();
        await expect
          .poll(() => probe<number>(page, 'inked', 1, 1), { timeout: 10_000 })
          .toBeGreaterThan(0.01);
        const offered = await page.locator('#cloud-x option').allTextContents();
        expect(offered.join(',')).toMatch(names);
        if (offered.length > 1) {
          await page.getByLabel('up', { exact: true }).selectOption({ label: offered.at(-1)! });
          await eventually(page, '#cloud-status', 'Step 1500');
          await expect
            .poll(() => page.locator('canvas.cloud').first().getAttribute('aria-label'))
            .toContain(`mean of ${offered.at(-1)!}`);
        }
        expect(complaints).toEqual([]);
      });
    });

    describe('everybody', () => {
      const hostile = [
        '<img src=x onerror="alert(1)">',
        'a-very-long-name-without-any-space-in-it-'.repeat(4),
      ];

      it.each([360, 768, 1600])('sees all of it on a screen of %d pixels', async (width) => {
        const { page, complaints } = await show(
          { nodes: 20, names: hostile, workers: 5 },
          { viewport: { width, height: 800 } },
        );
        await eventually(page, '#steps', 'step');
        await eventually(page, '.bars li', '<img src=x');
        for (const place of ['#cloud-panels', '#worker-card', '#log', 'header']) {
          await page.locator(place).scrollIntoViewIfNeeded();
          await sleep(300);
        }
        expect(await probe(page, 'overflow')).toEqual({ by: 0, out: [] });
        expect(complaints).toEqual([]);
      });

      it('reaches everything by keyboard, and sees where it is', async () => {
        const { page } = await show({ nodes: 20 });
        await eventually(page, '.bars li', 'well');
        const reached: { tag: string; id: string; name: string; isSeen: boolean }[] = [];
        for (let k = 0; k < 120; k++) {
          await page.keyboard.press('Tab');
          const at = await probe<(typeof reached)[0] | null>(page, 'focused');
          if (!at || (reached.length > 0 && at.name === reached[0].name)) break;
          reached.push(at);
        }
        expect(reached.filter(({ isSeen }) => !isSeen)).toEqual([]);
        expect(reached.filter(({ name }) => name === '')).toEqual([]);
        expect(reached[0].name).toBe('Skip to the numbers');
        const ids = reached.map(({ id }) => id);
        for (const id of [
          'window',
          'theme',
          'pause',
          'checkpoint',
          'stop',
          'node-search',
          'log-search',
          'log-list',
        ]) {
          expect(ids).toContain(id);
        }
        expect(reached.filter(({ tag }) => tag === 'canvas')).toHaveLength(7);
        expect(reached.filter(({ tag }) => tag === 'summary')).toHaveLength(7);

        const chart = page.locator('canvas.chart').first();
        await chart.focus();
        await page.keyboard.press('Home');
        const readout = page.locator('figure.card .readout').first();
        await expect.poll(() => readout.textContent()).toMatch(/^t = 0: /u);
        await page.keyboard.press('ArrowRight');
        await expect.poll(() => readout.textContent()).toMatch(/^t = 0\.\d+: /u);
        await page.locator('canvas.graph').focus();
        await page.keyboard.press('End');
        await eventually(page, '.readout', /^well 19: mass/u);
      });

      it('finds a node by its name and pins it', async () => {
        const { page } = await show({ nodes: 300 });
        await page.getByLabel('Find a node').fill('well 123');
        await page.getByRole('button', { name: 'well 123' }).click();
        await eventually(page, '.legend li', 'well 123');
        expect(await page.getByRole('button', { name: 'well 123' }).getAttribute('aria-pressed')).toBe(
          'true',
        );
        await page.getByLabel('Find a node').fill('nothing');
        await eventually(page, '.readout', '0 nodes with “nothing”');
      });

      it('filters the log', async () => {
        const { page, run } = await show();
        run.emit('warning', 'a warning');
        await page.locator('#log').scrollIntoViewIfNeeded();
        await eventually(page, '#log-list li', 'a warning');
        await page.getByLabel('warning', { exact: true }).uncheck();
        await page.locator('#log-list li', { hasText: 'a warning' }).waitFor({ state: 'detached' });
        await page.getByLabel('Containing').fill('begun');
        await eventually(page, '#log-note', /^1 of \d+ events/u);
      });

      it('is told names and roles', async () => {
        const { page } = await show({ nodes: 20, workers: 3 });
        await eventually(page, '.bars li', 'well');
        await page.locator('#cloud-panels').scrollIntoViewIfNeeded();
        await page.locator('canvas.cloud').first().waitFor();
        const client = await page.context().newCDPSession(page);
        await expect
          .poll(() => page.locator('canvas:not([aria-label])').count(), { timeout: 10_000 })
          .toBe(0);
        const { nodes } = await client.send('Accessibility.getFullAXTree');
        const told = nodes
          .filter(({ ignored }) => !ignored)
          .map(({ role, name }) => ({ role: String(role?.value), name: String(name?.value ?? '') }));
        const named = 'button combobox searchbox textbox checkbox image progressbar log region'.split(' ');
        expect(told.filter(({ role, name }) => named.includes(role) && name === '')).toEqual([]);
        const count = (wanted: string): number => told.filter(({ role }) => role === wanted).length;
        expect([count('banner'), count('main'), count('contentinfo')]).toEqual([1, 1, 1]);
        expect(count('region')).toBeGreaterThanOrEqual(6);
        // Six charts of lines, the graph, and a panel for each of twelve nodes.
        expect(count('image')).toBe(19);
        expect(count('log')).toBe(1);
      });

      it.each(['light', 'dark'] as const)('can read it in %s, and switch', async (colorScheme) => {
        const { page, complaints } = await show({ nodes: 20 }, { colorScheme });
        await eventually(page, '.bars li', 'well');
        await page.locator('#log').scrollIntoViewIfNeeded();
        const ground = (): Promise<string> =>
          page.evaluate('getComputedStyle(document.body).backgroundColor');
        const before = await ground();
        expect(await probe(page, 'faintTexts', 4.5)).toEqual([]);
        await page.getByLabel('Theme').selectOption(colorScheme === 'light' ? 'dark' : 'light');
        const after = await ground();
        expect(after).not.toBe(before);
        expect(await probe(page, 'faintTexts', 4.5)).toEqual([]);
        await page.reload();
        await eventually(page, '#connection', 'Live');
        expect(await ground()).toBe(after);
        expect(complaints).toEqual([]);
      });

      it('sees nothing move who wants no motion', async () => {
        const transition = 'getComputedStyle(document.getElementById("progress-fill")).transitionDuration';
        const still = await show({}, { reducedMotion: 'reduce' });
        expect(await still.page.evaluate(transition)).toBe('0s');
        const moving = await show({}, { reducedMotion: 'no-preference' });
        expect(await moving.page.evaluate(transition)).not.toBe('0s');
      });
    });

    describe('a real run', () => {
      const folder = useFolder();

      it('is shown while it goes on, is stopped from the page, and is shown from its folder', async () => {
        writeConfig(folder('wells.yaml'), {
          name: 'real wells',
          space: { variables: ['x', 'y'] },
          graph: { ring: 5 },
          potential: { formula: '0.5*(x^2 + y^2) + 0.2*node' },
          ...{
            temperature: 1,
            particles: 20_000,
            initial: { gaussian: { mean: 0, std: 2 }, masses: { 0: 1 } },
          },
          time: { step: 0.001, steps: 100_000_000 },
          observe: { every: 200, entropy: 'gaussian' },
        });
        const run = start(['run', 'wells.yaml', '--out', 'run'], folder());
        toClose.push(async () => {
          run.child.kill('SIGKILL');
          await run.ended;
        });
        await until('status.json', () => existsSync(folder('run', 'status.json')));
        const { url, token } = JSON.parse(readFileSync(folder('run', 'status.json'), 'utf8')) as {
          url: string;
          token: string;
        };
        const { page, complaints, close } = await open(browser, { url, token });
        toClose.push(() => close());
        await eventually(page, '#run-name', 'real wells');
        await eventually(page, '#key-numbers', 'Energy E');
        await expect
          .poll(async () => (await tableOf(page, 'Relative entropy KL(f|π)')).length)
          .toBeGreaterThan(3);
        await page.locator('#cloud-panels').scrollIntoViewIfNeeded();
        await expect
          .poll(() => probe<number>(page, 'inked', 1, 0), { timeout: 15_000 })
          .toBeGreaterThan(0.005);
        expect(complaints.filter((text) => !text.includes('503'))).toEqual([]);
        await page.getByRole('button', { name: 'Stop …' }).click();
        await page.getByRole('button', { name: 'Stop the run' }).click();
        await eventually(page, '#connection', /The run is over|Connection lost/u);
        expect((await run.ended).code).toBe(3);
        await close();

        const view = start(['view', 'run'], folder());
        toClose.push(async () => {
          view.child.kill('SIGINT');
          await view.ended;
        });
        let said = '';
        view.child.stdout?.on('data', (text: string) => (said += text));
        await until('the address of view', () => /http:\/\/\S+\//u.test(said + view.said()));
        const [address] = /http:\/\/\S+\//u.exec(said + view.said())!;
        const after = await open(browser, { url: address, token: '' }, { withToken: false });
        toClose.push(() => after.close());
        await eventually(after.page, '#run-state', 'Interrupted');
        const last = readFileSync(folder('run', 'energy.jsonl'), 'utf8').trimEnd().split('\n').at(-1)!;
        const { time, energy, energyError } = JSON.parse(last) as ReturnType<SyntheticRun['energyAt']>;
        await expect
          .poll(async () => (await tableOf(after.page, 'Energy E')).at(-1), { timeout: 20_000 })
          .toEqual([brief(time), withError(energy, energyError)]);
        expect(await after.page.locator('#read-only').isVisible()).toBe(false);
        expect(after.complaints).toEqual([]);
      });
    });

    it('stays smooth with 1024 nodes', async () => {
      const { page, run, complaints } = await show({
        nodes: 1024,
        graph: 'grid',
        workers: 64,
        steps: 40_000,
      });
      await eventually(page, '#steps', 'step');
      await sleep(1500);
      for (const place of ['#key-numbers', '#mass-parts', '#cloud-panels', '#graph-parts', '#log']) {
        await page.locator(place).scrollIntoViewIfNeeded();
        let isOn = true;
        const advance = (async () => {
          while (isOn) {
            run.advance(10);
            await sleep(150);
          }
        })();
        const frames = await probe<number[]>(page, 'frames', 3000);
        isOn = false;
        await advance;
        const at = (part: number): number => frames[Math.floor(part * (frames.length - 1))];
        console.log(
          `1024 nodes, ${place}: ${frames.length} frames, median ${at(0.5).toFixed(1)} ms, 95 % ${at(0.95).toFixed(1)} ms, longest ${at(1).toFixed(1)} ms`,
        );
        // Generous: a machine that draws without a graphics card, and is shared.
        expect(at(0.5)).toBeLessThan(60);
        expect(at(0.95)).toBeLessThan(300);
      }
      // The server may have no time for an answer; the page asks again.
      expect(complaints.filter((text) => !text.includes('503'))).toEqual([]);
      await expect
        .poll(async () => (await tableOf(page, 'Energy E')).at(-1)?.[0], { timeout: 20_000 })
        .toBe(brief(run.view().observation!.time));
    });
  },
);
