// The dashboard in a real Chromium: it shows the numbers of the run, survives a dropped connection, and controls the run with a
// token and not without. That everybody can use it is dashboard-people.test.ts; its parts that compute are tested in
// test/status/page.

import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { brief, grouped, withError } from '../../src/drawing/mod.js';
import type { SyntheticRun } from '../status/page/synthetic.js';
import { eventually, inChromium, open, probe, serve, tableOf } from './browser.js';
import { start, until, useFolder, writeConfig } from './command.js';

const text = async (page: Page, selector: string): Promise<string> =>
  (await page.locator(selector).first().textContent()) ?? '';

inChromium('the dashboard', ({ browser, show, closeAfter }) => {
  describe('numbers', () => {
    it('are those of the API', async () => {
      const { page, server, complaints } = await show();
      const view = (await (await fetch(`${server.url}api/status`)).json()) as ReturnType<
        SyntheticRun['view']
      >;
      expect(view.step).toBe(1500);
      await eventually(page, '#steps', `step ${grouped(1500)} of ${grouped(4000)}, t = ${brief(view.time)}`);
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

    it('of second-order dynamics have H, T and the friction, in a chart also', async () => {
      const { page, complaints } = await show({ hasMotion: true });
      await eventually(page, '#steps', `step ${grouped(1500)}`);
      expect(await text(page, '#key-numbers')).toMatch(/H = E \+ T−1\.75.*Friction γ0\.5/u);
      const rows = await tableOf(page, 'H = E + T');
      expect(rows.at(-1)?.[1]).toBe(brief(-1.75));
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
        void response.json().then(
          (body: { observations: { step: number }[] }) => {
            for (const { step } of body.observations) steps.add(step);
          },
          // A body that was lost with the page before, or with the connection, did not come.
          () => undefined,
        );
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
      closeAfter(() => again.close());
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
      await eventually(page, '#connection', /last data [3-9] s old/u);
      closeAfter(await serve(run, server.port).then((again) => () => again.close()));
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
        if (!(await page.locator('#token').isVisible())) await page.getByText('Read only: no token').click();
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
      await expect.poll(() => probe<number>(page, 'inked', 1, 0), { timeout: 10_000 }).toBeGreaterThan(0.005);
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
      await expect.poll(() => probe<number>(page, 'inked', 1, 1), { timeout: 10_000 }).toBeGreaterThan(0.01);
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
      closeAfter(async () => {
        run.child.kill('SIGKILL');
        await run.ended;
      });
      await until('status.json', () => existsSync(folder('run', 'status.json')));
      const { url, token } = JSON.parse(readFileSync(folder('run', 'status.json'), 'utf8')) as {
        url: string;
        token: string;
      };
      const opened = await open(browser(), { url, token });
      const { page, complaints } = opened;
      closeAfter(() => opened.close());
      await eventually(page, '#run-name', 'real wells');
      await eventually(page, '#key-numbers', 'Energy E');
      await expect
        .poll(async () => (await tableOf(page, 'Relative entropy KL(f|π)')).length)
        .toBeGreaterThan(3);
      await page.locator('#cloud-panels').scrollIntoViewIfNeeded();
      await expect.poll(() => probe<number>(page, 'inked', 1, 0), { timeout: 15_000 }).toBeGreaterThan(0.005);
      expect(complaints.filter((text) => !text.includes('503'))).toEqual([]);
      await page.getByRole('button', { name: 'Stop …' }).click();
      await page.getByRole('button', { name: 'Stop the run' }).click();
      await eventually(page, '#connection', /The run is over|Connection lost/u);
      expect((await run.ended).code).toBe(3);
      await opened.close();

      const view = start(['view', 'run'], folder());
      closeAfter(async () => {
        view.child.kill('SIGINT');
        await view.ended;
      });
      let said = '';
      view.child.stdout?.on('data', (text: string) => (said += text));
      await until('the address of view', () => /http:\/\/\S+\//u.test(said + view.said()));
      const [address] = /http:\/\/\S+\//u.exec(said + view.said())!;
      const after = await open(browser(), { url: address, token: '' }, { withToken: false });
      closeAfter(() => after.close());
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
});
