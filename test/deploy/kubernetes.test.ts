// The objects of deploy/kubernetes fit together: what one names, another is; selectors find their pods and only these; pods
// meet the `restricted` standard. Reads the sources; what kustomize makes of them is scripts/check-deployment.sh.

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { at, containersOf, deployFiles, documentsOf, textOf, treesAt, type Tree } from './files.js';

const base = 'deploy/kubernetes/base';
const [baseKustomization] = documentsOf(`${base}/kustomization.yaml`);
const [site] = documentsOf('deploy/kubernetes/site/kustomization.yaml');
const objects = (baseKustomization['resources'] as string[]).flatMap((file) =>
  documentsOf(`${base}/${file}`),
);
const ofKind = (kind: string): Tree[] => objects.filter((object) => object['kind'] === kind);
const nameOf = (object: Tree): string => at(object, 'metadata', 'name') as string;
const named = (kind: string, name: string): Tree => ofKind(kind).find((object) => nameOf(object) === name)!;
const workloads = objects.filter((object) => containersOf(object).length > 0);
const podLabels = (workload: Tree): Record<string, string> =>
  at(workload, 'spec', 'template', 'metadata', 'labels') as Record<string, string>;
const generated = (kind: 'configMap' | 'secret'): string[] =>
  treesAt(site, `${kind}Generator`).map((one) => one['name'] as string);

/** Names of the workloads whose pods a label selector finds. */
function found(selector: unknown): string[] {
  const labels = (at(selector, 'matchLabels') ?? {}) as Record<string, string>;
  const expressions = treesAt(selector, 'matchExpressions');
  return workloads
    .filter((workload) => Object.entries(labels).every(([key, value]) => podLabels(workload)[key] === value))
    .filter((workload) =>
      expressions.every(({ key, operator, values }) => {
        expect(operator).toBe('In');
        return (values as string[]).includes(podLabels(workload)[key as string]);
      }),
    )
    .map(nameOf);
}

const apiVersions: Record<string, string> = {
  Namespace: 'v1',
  Service: 'v1',
  PersistentVolumeClaim: 'v1',
  StatefulSet: 'apps/v1',
  Job: 'batch/v1',
  PodDisruptionBudget: 'policy/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
};

it('kinds and versions are those that clusters know; every file is used', () => {
  for (const object of objects) expect(object['apiVersion']).toBe(apiVersions[object['kind'] as string]);
  const names = objects.map((object) => `${String(object['kind'])} ${nameOf(object)}`);
  expect(new Set(names).size).toBe(names.length);
  const files = deployFiles().filter(
    (file) => file.startsWith(`${base}/`) && !file.endsWith('kustomization.yaml'),
  );
  expect(files.map((file) => file.slice(base.length + 1)).sort()).toEqual(
    [...(baseKustomization['resources'] as string[])].sort(),
  );
  expect(workloads.map(nameOf).sort()).toEqual(['coordinator', 'nats', 'worker']);
});

describe.each(workloads.map((workload) => [nameOf(workload), workload] as const))(
  'pods of %s',
  (name, workload) => {
    const pod = at(workload, 'spec', 'template', 'spec') as Tree;
    const volumes = treesAt(pod, 'volumes');
    const claims = treesAt(workload, 'spec', 'volumeClaimTemplates').map(nameOf);

    it('are found by their own selector, and by no other', () => {
      if (workload['kind'] === 'Job') return; // has none
      expect(found(at(workload, 'spec', 'selector'))).toEqual([name]);
    });

    it('mount volumes that are there, and all of them', () => {
      const there = [...volumes.map((volume) => volume['name'] as string), ...claims].sort();
      const mounted = containersOf(workload).flatMap((container) =>
        treesAt(container, 'volumeMounts').map((m) => m['name'] as string),
      );
      expect([...new Set(mounted)].sort()).toEqual(there);
    });

    it('name secrets, config maps and claims that are made', () => {
      for (const volume of volumes) {
        const secret = at(volume, 'secret', 'secretName');
        if (secret !== undefined) expect(generated('secret')).toContain(secret);
        const map = at(volume, 'configMap', 'name');
        if (map !== undefined) expect(generated('configMap')).toContain(map);
        const claim = at(volume, 'persistentVolumeClaim', 'claimName');
        if (claim !== undefined) expect(ofKind('PersistentVolumeClaim').map(nameOf)).toContain(claim);
      }
      for (const container of containersOf(workload)) {
        for (const source of treesAt(container, 'envFrom'))
          expect(generated('configMap')).toContain(at(source, 'configMapRef', 'name'));
      }
    });

    it('use variables in arguments that are defined', () => {
      const literals = treesAt(site, 'configMapGenerator')
        .flatMap((one) => (one['literals'] ?? []) as string[])
        .map((literal) => literal.split('=')[0]);
      for (const container of containersOf(workload)) {
        const defined = treesAt(container, 'env').map((one) => one['name'] as string);
        if (treesAt(container, 'envFrom').length > 0) defined.push(...literals);
        const text = JSON.stringify([container['args'], container['command'], container['volumeMounts']]);
        for (const [, variable] of text.matchAll(/\$\(([A-Z_]+)\)/gu)) expect(defined).toContain(variable);
      }
    });

    it('read files from where they are mounted', () => {
      for (const container of containersOf(workload)) {
        const paths = treesAt(container, 'volumeMounts').map((mount) => mount['mountPath'] as string);
        const words = [
          ...((container['args'] ?? []) as string[]),
          ...((container['command'] ?? []) as string[]),
        ];
        const files = words
          .map((word) => word.replace(/^--[a-z-]+=/u, ''))
          .filter((word) => /^\/(run|runs|etc|data)\//u.test(word));
        for (const file of files)
          expect(
            paths.some((path) => file === path || file.startsWith(`${path}/`)),
            file,
          ).toBe(true);
      }
    });

    it('have an image that the site names, and limits', () => {
      for (const container of containersOf(workload)) {
        expect(treesAt(site, 'images').map((image) => image['name'])).toContain(container['image']);
        expect(at(container, 'resources', 'requests', 'cpu')).toBeDefined();
        expect(at(container, 'resources', 'limits', 'memory')).toBeDefined();
      }
      for (const image of treesAt(site, 'images')) expect(image['newTag']).toMatch(/^\d+\.\d+\.\d+/u);
    });

    it('are restricted: no root, no privileges, nothing to write but volumes, no token', () => {
      expect(pod['automountServiceAccountToken']).toBe(false);
      expect(at(pod, 'securityContext', 'runAsNonRoot')).toBe(true);
      expect(at(pod, 'securityContext', 'runAsUser')).toBeGreaterThan(0);
      expect(at(pod, 'securityContext', 'seccompProfile', 'type')).toBe('RuntimeDefault');
      for (const container of containersOf(workload)) {
        expect(container['securityContext']).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    });

    it('have time to end', () => {
      // Those that write a checkpoint when told to stop.
      if (name !== 'nats') expect(pod['terminationGracePeriodSeconds']).toBeGreaterThanOrEqual(120);
    });

    it('are probed at ports that they have', () => {
      for (const container of containersOf(workload)) {
        const ports = treesAt(container, 'ports').map((port) => port['name']);
        for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
          const port = at(container, probe, 'httpGet', 'port');
          if (port !== undefined) expect(ports).toContain(port);
        }
      }
    });
  },
);

describe('between objects', () => {
  it('services find their pods, at ports that these have', () => {
    for (const service of ofKind('Service')) {
      expect(found({ matchLabels: at(service, 'spec', 'selector') })).toEqual([nameOf(service)]);
      const ports = containersOf(named('StatefulSet', nameOf(service))).flatMap((one) =>
        treesAt(one, 'ports'),
      );
      for (const port of treesAt(service, 'spec', 'ports')) {
        const target = ports.find(({ name }) => name === port['targetPort']);
        expect(target?.['containerPort']).toBe(port['port']);
      }
    }
    for (const set of ofKind('StatefulSet'))
      expect(ofKind('Service').map(nameOf)).toContain(at(set, 'spec', 'serviceName'));
  });

  it('machines are told the service of the server', () => {
    const [port] = treesAt(named('Service', 'nats'), 'spec', 'ports');
    for (const workload of [named('StatefulSet', 'worker'), named('Job', 'coordinator')]) {
      const url = treesAt(containersOf(workload)[0], 'env').find(
        ({ name }) => name === 'WASSERWERK_NATS_URL',
      );
      expect(url?.['value']).toBe(`nats://nats:${String(port['port'])}`);
    }
  });

  it('only workers and the coordinator reach the server, and they reach nothing else but the name service', () => {
    const policies = ofKind('NetworkPolicy');
    const closed = policies.find((policy) => nameOf(policy) === 'nothing-by-default')!;
    expect(closed['spec']).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const peers = policies.flatMap((policy) => {
      const of = found(at(policy, 'spec', 'podSelector')).sort();
      const rules = (direction: 'ingress' | 'egress', key: 'from' | 'to'): unknown[] =>
        treesAt(policy, 'spec', direction).flatMap((rule) =>
          treesAt(rule, key).map((peer) => [
            of,
            direction,
            at(peer, 'podSelector')
              ? found(at(peer, 'podSelector')).sort()
              : Object.values(at(peer, 'namespaceSelector', 'matchLabels') as object),
            treesAt(rule, 'ports').map((port) => port['port']),
          ]),
        );
      return [...rules('ingress', 'from'), ...rules('egress', 'to')];
    });
    expect(peers).toEqual([
      [['nats'], 'ingress', ['coordinator', 'worker'], ['client']],
      [['coordinator', 'worker'], 'egress', ['nats'], ['client']],
      [['coordinator', 'worker'], 'egress', ['kube-system'], [53, 53]],
    ]);
  });

  it('the budget of disruptions is that of the workers', () => {
    const [budget] = ofKind('PodDisruptionBudget');
    expect(found(at(budget, 'spec', 'selector'))).toEqual(['worker']);
  });
});

describe('the site', () => {
  const literals = Object.fromEntries(
    treesAt(site, 'configMapGenerator')
      .flatMap((one) => (one['literals'] ?? []) as string[])
      .map((literal) => literal.split('=')),
  ) as Record<string, string>;

  it('has the machines that its run waits for', () => {
    const [{ count }] = treesAt(site, 'replicas').filter(({ name }) => name === 'worker');
    expect(count).toBe(Number(literals['MACHINES']));
    expect(Number(literals['MAX_MACHINES'])).toBeGreaterThanOrEqual(Number(literals['MACHINES']));
  });

  it('patches objects that are there, with YAML', () => {
    for (const patch of treesAt(site, 'patches')) {
      const { kind, name } = patch['target'] as { kind: string; name: string };
      expect(named(kind, name), `${kind} ${name}`).toBeDefined();
      expect(Array.isArray(parse(patch['patch'] as string))).toBe(true);
    }
  });

  it('has no secret in the repository', () => {
    expect(deployFiles().filter((file) => /\.(password|seed|creds|nkey|pem|key)$/u.test(file))).toEqual([]);
    // Accounts may be there as a model; their passwords come from the environment.
    for (const file of deployFiles().filter((name) => name.endsWith('accounts.conf'))) {
      const passwords = [...textOf(file).matchAll(/password:\s*(\S+)/gu)].map(([, word]) => word);
      expect(passwords.length, file).toBeGreaterThan(0);
      for (const word of passwords) expect(word, file).toMatch(/^\$[A-Z0-9_]+,?$/u);
    }
    expect(textOf('deploy/kubernetes/.gitignore')).toMatch(/^secrets\/$/mu);
    expect(ofKind('Secret')).toEqual([]);
  });
});
