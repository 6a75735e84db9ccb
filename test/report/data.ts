// A run to report on, small and made up, in which everything that a user can name is hostile. Not a test.

import { lawsOfParticles, type Law } from '../../src/compare/mod.js';
import type { EnergyRecordJson, Manifest, ObservationRecord } from '../../src/output/mod.js';
import type { ReportData } from '../../src/report/mod.js';
import { seeded } from '../compare/random.js';

export const hostile = `<script>alert("&'")</script>\u0000]]>`;

/** A ring of n nodes in compressed rows. */
export function ring(nodeNames: readonly string[]): ReportData['graph'] {
  const n = nodeNames.length;
  const rows = nodeNames.map((_, g) => [(g + 1) % n, (g + n - 1) % n].sort((a, b) => a - b));
  const targets = Int32Array.from(rows.flat());
  const offsets = Int32Array.from({ length: n + 1 }, (_, g) => 2 * g);
  const sources = Array.from(targets, (_, e) => Math.floor(e / 2));
  const reverse = Int32Array.from(targets, (target, e) => 2 * target + rows[target].indexOf(sources[e]));
  return { nodeCount: n, nodeNames, offsets, targets, weights: new Float64Array(2 * n).fill(1), reverse };
}

export interface Shape {
  readonly nodes?: number;
  readonly coordinates?: readonly string[];
  readonly times?: number;
  readonly energies?: boolean;
  readonly snapshots?: 'particles' | 'cells' | 'none';
  readonly manifest?: Partial<Manifest>;
}

export function reportData(shape: Shape = {}): ReportData {
  const { nodes = 4, coordinates = ['x', 'y'], times = 11, energies = true, snapshots = 'particles' } = shape;
  const d = coordinates.length;
  const nodeNames = Array.from({ length: nodes }, (_, g) => (g === 1 ? hostile : `node ${g}`));
  const perNode = <T>(of: (g: number) => T): T[] => nodeNames.map((_, g) => of(g));
  const random = seeded(nodes + d);
  const observations = Array.from({ length: times }, (_, k): ObservationRecord => {
    const mass = perNode((g) => (1 + g * Math.exp(-k)) / 10);
    return {
      ...{ step: 10 * k, time: k / 10, temperature: 1 },
      mass,
      massError: perNode(() => 0.001),
      count: perNode(() => 1000),
      mean: perNode(() => coordinates.map((_, i) => i + Math.exp(-k))),
      meanError: perNode(() => coordinates.map(() => 0.02)),
      variance: perNode(() => coordinates.map((_, i) => 1 + (i % 3))),
      varianceError: perNode(() => coordinates.map(() => 0.02)),
      potential: perNode((g) => g + 1),
      potentialError: perNode(() => 0.02),
      ...{ potentialEnergy: 2 + Math.exp(-k), potentialEnergyError: 0.05, mixingEnergy: -1.2 },
      jumps: Array.from({ length: 2 * nodes }, (_, e) => k * (e % 2 === 0 ? 900 : 500)),
    };
  });
  const records = observations.map(({ step, time }, k): EnergyRecordJson => {
    const kl = 3 * Math.exp(-5 * time);
    return {
      ...{ step, time, temperature: 1, method: 'knn' },
      ...{ entropy: perNode(() => 1), entropyError: perNode(() => 0.01), entropyBias: perNode(() => 0) },
      ...{ nodeEnergy: perNode(() => 0.5), nodeEnergyError: perNode(() => 0.05) },
      ...{ energy: kl - 1, energyError: 0.03, energyBias: 0.001 },
      ...{ relativeEntropy: kl, relativeEntropyError: 0.03 },
      ...{
        dissipation: 5 * kl,
        dissipationError: 0.1,
        dissipationTransport: 3 * kl,
        dissipationReaction: 2 * kl,
      },
      ...{ balance: 0.01 * k, balanceError: 0.02 },
    };
  });
  const laws = (): Law[] => {
    if (snapshots === 'cells') {
      const cells = coordinates.map(() => 12);
      const mesh = { cells, low: coordinates.map(() => -3), high: coordinates.map(() => 3) };
      const count = 12 ** d;
      return perNode(() => ({
        kind: 'cells',
        dimension: d,
        mesh,
        probability: new Float64Array(count).fill(1 / count),
      }));
    }
    const x = Float64Array.from({ length: 200 * nodes * d }, () => random.normal());
    return lawsOfParticles(
      x,
      Int32Array.from({ length: 200 * nodes }, (_, row) => row % nodes),
      d,
      nodes,
    );
  };
  const manifest = {
    ...{ format: 'wasserwerk-run', formatVersion: 1, wasserwerkVersion: '0.1.0' },
    ...{ name: hostile, config: {}, configText: `name: ${hostile}\n`, seed: 7 },
    machine: {
      ...{ cpuModel: hostile, cores: 2, memoryBytes: 8e9, nodeVersion: 'v20.0.0', platform: 'linux' },
    },
    ...{
      startedAt: '2026-01-31T14:23:59Z',
      nodeNames,
      coordinateNames: coordinates,
      steps: 100,
      stepsDone: 100,
    },
    timings: { wallSeconds: 75, particleSteps: 4e7, particleStepsPerSecond: 5.3e5 },
    ...{ stateHash: 'abc123', notes: [hostile], warnings: [hostile] },
    ...{ status: 'finished', finishedAt: '2026-01-31T14:24:59Z' },
    ...shape.manifest,
  } as Manifest;
  return {
    ...{ folder: 'runs/first', manifest, isLive: false, description: hostile },
    ...{ configFile: "it's mine.yaml", overrides: ['particles=4_000', "name='a b'"] },
    representation: snapshots === 'cells' ? 'grid' : 'particles',
    particles: snapshots === 'cells' ? 0 : 1000 * nodes,
    dimension: d,
    boundaries: coordinates.map((_, i) =>
      i === 0 ? { kind: 'periodic', low: -3, high: 3 } : { kind: 'free' },
    ),
    graph: ring(nodeNames),
    observations,
    energies: energies ? records : [],
    snapshots:
      snapshots === 'none' ? [] : [0, 50, 100].map((step) => ({ step, time: step / 100, laws: laws() })),
  };
}
