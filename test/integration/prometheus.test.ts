// deploy/monitoring with the real tools of Prometheus: configs and alerts are valid, alerts fire where they should, and a Prometheus that scrapes a
// live run answers queries and fires none of them. Needs Debian's package prometheus; without it these tests are left out.

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { root, start, useFolder, writeConfig } from './command.js';

const folder = useFolder();
const monitoring = join(root, 'deploy/monitoring');
const havePrometheus =
  spawnSync('promtool', ['--version']).status === 0 && spawnSync('prometheus', ['--version']).status === 0;

const promtool = (...args: string[]): { status: number | null; output: string } => {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: monitoring, encoding: 'utf8' });
  return { status, output: stdout + stderr };
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });

describe.skipIf(!havePrometheus)('promtool', () => {
  it('accepts the scrape config and the alerts', () => {
    expect(promtool('check', 'config', 'prometheus.yml')).toMatchObject({ status: 0 });
    expect(promtool('check', 'rules', 'alerts.yml')).toMatchObject({ status: 0 });
  });

  it('sees every alert fire where it should and nowhere else', () => {
    const { status, output } = promtool('test', 'rules', 'alerts-test.yml');
    expect(output).toContain('SUCCESS');
    expect(status).toBe(0);
    const text = readFileSync(join(monitoring, 'alerts-test.yml'), 'utf8');
    for (const [, name] of readFileSync(join(monitoring, 'alerts.yml'), 'utf8').matchAll(/alert: (\w+)/gu)) {
      expect(text).toContain(name);
    }
  });

  it('would see it if one did not', () => {
    mkdirSync(folder('broken'));
    cpSync(monitoring, folder('broken'), { recursive: true });
    const alerts = readFileSync(folder('broken', 'alerts.yml'), 'utf8');
    writeFileSync(folder('broken', 'alerts.yml'), alerts.replace('> 3600', '> 360000'));
    expect(spawnSync('promtool', ['test', 'rules', folder('broken', 'alerts-test.yml')]).status).not.toBe(0);
  });
});

describe.skipIf(!havePrometheus)('a Prometheus that scrapes a live run', () => {
  it('counts its steps, takes the metrics without complaint, and fires no alert', async () => {
    const runPort = await freePort();
    const file = writeConfig(folder('scraped.yaml'), {
      name: 'scraped',
      space: { variables: ['x'] },
      graph: { ring: 4 },
      potential: { formula: '0.5*x^2' },
      temperature: 1,
      particles: 50_000,
      initial: { gaussian: { mean: [0], std: 1 }, masses: 'uniform' },
      dynamics: { kind: 'gradient-flow', mobility: 'metropolis' },
      time: { step: 0.01, end: 5000 },
      observe: { every: 100, entropy: 'gaussian' },
    });
    const run = start(
      ['run', file, '--out', folder('scraped'), '--workers', '1', '--status-port', String(runPort)],
      folder(),
    );
    const port = await freePort();
    writeFileSync(
      folder('prometheus.yml'),
      `global: { scrape_interval: 1s, evaluation_interval: 1s }\nrule_files: ['${join(monitoring, 'alerts.yml')}']\n` +
        `scrape_configs: [{ job_name: wasserwerk, static_configs: [{ targets: ['127.0.0.1:${runPort}'] }] }]\n`,
    );
    const prometheus = spawn(
      'prometheus',
      [
        `--config.file=${folder('prometheus.yml')}`,
        `--storage.tsdb.path=${folder('tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    const gone = new Promise((resolve) => prometheus.once('exit', resolve));
    const query = async (
      expression: string,
    ): Promise<{ metric: Record<string, string>; value: [number, string] }[]> => {
      const response = await fetch(
        `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`,
      ).catch(() => undefined);
      if (!response?.ok) return [];
      const body = (await response.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return body.data.result;
    };
    try {
      let rate: Awaited<ReturnType<typeof query>> = [];
      for (let i = 0; i < 600 && !(Number(rate[0]?.value[1]) > 0); i++) {
        await sleep(100);
        rate = await query('rate(wasserwerk_particle_steps_total[30s])');
      }
      expect(Number(rate[0].value[1])).toBeGreaterThan(1e5);
      expect((await query('up{job="wasserwerk"}'))[0].value[1]).toBe('1');
      expect((await query('wasserwerk_info'))[0].metric).toMatchObject({ name: 'scraped', run: 'scraped' });
      expect(Number((await query('sum(wasserwerk_node_mass_ratio)'))[0].value[1])).toBeCloseTo(1, 9);
      const median = 'histogram_quantile(0.5, sum by (le) (wasserwerk_step_seconds_bucket))';
      expect(Number((await query(median))[0].value[1])).toBeGreaterThan(0);
      expect(await query('ALERTS{alertstate="firing"}')).toEqual([]);
      // promtool has opinions on names, units and types.
      const metrics = await (await fetch(`http://127.0.0.1:${runPort}/metrics`)).text();
      const lint = spawnSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' });
      expect([lint.status, lint.stdout + lint.stderr]).toEqual([0, '']);
    } finally {
      prometheus.kill('SIGTERM');
      run.child.kill('SIGTERM');
      await Promise.all([gone, run.ended]);
    }
    expect((await run.ended).code).toBe(3);
  });
});
