// deploy/compose/compose.yaml fits the scripts and the image that it uses. Whether Compose takes it is
// scripts/check-deployment.sh.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { at, documentsOf, root, textOf, type Tree } from './files.js';

const [compose] = documentsOf('deploy/compose/compose.yaml');
const services = compose['services'] as Record<string, Tree>;
const setup = textOf('deploy/compose/setup.sh');

it('every variable has a default, or is one that setup.sh writes', () => {
  const text = textOf('deploy/compose/compose.yaml').replaceAll(/^\s*#.*$/gmu, '');
  const used = [...text.matchAll(/\$\{([A-Z_]+)(:[-?])?/gu)];
  expect(used.length).toBeGreaterThan(8);
  for (const [, name, rule] of used) {
    expect(rule, name).toBeDefined();
    if (rule === ':?') expect(setup).toMatch(new RegExp(`^${name}=`, 'mu'));
  }
});

it('services are confined, end in time, and start again', () => {
  expect(Object.keys(services).sort()).toEqual(['coordinator', 'nats', 'worker']);
  for (const [name, service] of Object.entries(services)) {
    expect(service, name).toMatchObject({ read_only: true, cap_drop: ['ALL'], networks: ['machines'] });
    expect(service['restart'], name).toBeDefined();
    expect(at(service, 'deploy', 'resources', 'limits', 'memory'), name).toBeDefined();
    expect(service['ports'], name).toBeUndefined();
    if (name !== 'nats')
      expect(Number.parseInt(service['stop_grace_period'] as string, 10)).toBeGreaterThanOrEqual(120);
  }
  expect(at(compose, 'networks', 'machines', 'internal')).toBe(true);
});

it('is stopped in order: the coordinator, the workers, the server', () => {
  expect(services['coordinator']['depends_on']).toContain('worker');
  expect(services['worker']['depends_on']).toContain('nats');
});

it('scripts and folders of the image are there', () => {
  const image = textOf('deploy/docker/Dockerfile');
  for (const service of [services['worker'], services['coordinator']]) {
    const [, , script] = service['entrypoint'] as string[];
    expect(script).toMatch(/^\/opt\/wasserwerk\/deploy\/common\//u);
    expect(existsSync(join(root, script.replace('/opt/wasserwerk/', '')))).toBe(true);
  }
  expect(image).toContain('COPY deploy/common ./deploy/common');
  expect(image).toContain('WORKDIR /opt/wasserwerk');
});

it('mounts what setup.sh makes', () => {
  const made = (/^mkdir -p (.*)$/mu.exec(setup)?.[1] ?? '').split(' ').concat('secrets/workers');
  for (const service of Object.values(services)) {
    for (const volume of service['volumes'] as string[]) {
      const [from] = volume.split(':');
      if (from.startsWith('./')) expect(made).toContain(from.slice(2));
    }
  }
});

it('what the image is built from is there, and let through', () => {
  const image = textOf('deploy/docker/Dockerfile');
  const ignore = textOf('deploy/docker/Dockerfile.dockerignore');
  expect(textOf('.dockerignore')).toBe(ignore);
  const sources = [...image.matchAll(/^COPY (?!--from)(.*) \S+$/gmu)].flatMap(([, list]) => list.split(' '));
  expect(sources.length).toBeGreaterThan(8);
  for (const source of sources) {
    expect(existsSync(join(root, source)), source).toBe(true);
    expect(ignore.split('\n')).toContain(`!${source}`);
  }
});
