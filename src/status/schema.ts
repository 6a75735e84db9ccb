// What the API answers, as zod schemas: the OpenAPI document is made of them, and tests hold answers against it. They say what
// the types of source.ts say; the compiler compares the two.

import * as z from 'zod';
import type { EnergyRecordJson, ObservationRecord } from '../output/mod.js';
import type { MotionView } from './motion.js';
import type { RunEvent, RunView, WorkerView } from './source.js';

const count = z.int().nonnegative();
const seconds = z.number().nonnegative();
const numbers = z.array(z.number().nullable()).readonly();
const rows = z.array(numbers).readonly();
const maybe = z.number().nullable();

export const observation: z.ZodType<ObservationRecord> = z
  .looseObject({
    step: count,
    time: z.number(),
    temperature: z.number(),
    mass: numbers.describe('Fraction of the mass on each node.'),
    massError: numbers,
    count: numbers,
    mean: rows.describe('[node][coordinate]'),
    meanError: rows,
    variance: rows,
    varianceError: rows,
    covariance: z.array(rows).readonly().exactOptional().describe('Left out where it is too much.'),
    potential: numbers,
    potentialError: numbers,
    potentialEnergy: maybe,
    potentialEnergyError: maybe,
    kinetic: numbers
      .exactOptional()
      .describe('Mean of |w|^2/2 on each node, where particles have velocities.'),
    kineticError: numbers.exactOptional(),
    kineticEnergy: maybe.exactOptional(),
    kineticEnergyError: maybe.exactOptional(),
    mixingEnergy: maybe,
    jumps: numbers
      .exactOptional()
      .describe('Along each directed edge since step 0; left out where it is too much.'),
  })
  .readonly()
  .meta({
    id: 'Observation',
    description: 'A line of observables.jsonl. What is not a finite number is null.',
  });

export const energy: z.ZodType<EnergyRecordJson> = z
  .looseObject({
    step: count,
    time: z.number(),
    temperature: z.number(),
    method: z.enum(['knn', 'grid', 'gaussian', 'cells', 'masses']),
    entropy: numbers,
    entropyError: numbers,
    entropyBias: numbers,
    nodeEnergy: numbers.describe('The share of each node in E.'),
    nodeEnergyError: numbers,
    energy: maybe.describe('E, with its entropy.'),
    energyError: maybe,
    energyBias: maybe,
    relativeEntropy: maybe.describe('KL(f|pi).'),
    relativeEntropyError: maybe,
    dissipation: maybe,
    dissipationError: maybe,
    dissipationTransport: maybe,
    dissipationReaction: maybe,
    balance: maybe,
    balanceError: maybe,
    kinetic: maybe.exactOptional().describe('T of second-order dynamics.'),
    hamiltonian: maybe.exactOptional().describe('H = E + T.'),
    residual: maybe.exactOptional().describe('H(t) - H(0) + integral of 2 gamma T.'),
  })
  .readonly()
  .meta({ id: 'Energy', description: 'A line of energy.jsonl.' });

export const worker: z.ZodType<WorkerView> = z
  .object({
    name: z.string(),
    state: z.enum(['idle', 'working', 'leaving', 'lost']),
    threads: count,
    shards: count,
    particles: count,
    busySeconds: seconds.describe('Computing, since it took part; of a machine, mean over its threads.'),
    waitedSeconds: seconds,
    load: z.number().min(0).max(1).describe('Part of the time of the last looks that it computed.'),
    lagSeconds: seconds.describe('Since its last sign of life; 0 for threads.'),
  })
  .readonly()
  .meta({ id: 'Worker', description: 'A thread, or a machine.' });

export const motion: z.ZodType<MotionView> = z
  .object({
    friction: maybe.describe('gamma at the last observation.'),
    kinetic: maybe.describe('T.'),
    kineticError: maybe,
    hamiltonian: maybe.describe('H = E + T.'),
    hamiltonianError: maybe,
  })
  .readonly()
  .meta({ id: 'Motion', description: 'Of second-order dynamics; null for others.' });

export const view: z.ZodType<RunView> = z
  .object({
    name: z.string(),
    id: z.string(),
    folder: z.string(),
    version: z.string(),
    state: z.enum([
      ...(['starting', 'running', 'paused', 'waiting'] as const),
      ...(['finished', 'interrupted', 'failed', 'unknown'] as const),
    ]),
    reason: z.string().nullable(),
    startedAt: z.string().meta({ format: 'date-time' }),
    finishedAt: z.string().meta({ format: 'date-time' }).nullable(),
    representation: z.enum(['particles', 'grid', 'lumped']),
    units: count.describe('Particles, or cells of all nodes.'),
    coordinateNames: z.array(z.string()).readonly(),
    nodeNames: z.array(z.string()).readonly(),
    edges: z
      .object({
        from: z.array(count).readonly(),
        to: z.array(count).readonly(),
        weight: z.array(z.number()).readonly(),
      })
      .readonly()
      .describe('Directed edges.'),
    step: count,
    steps: count,
    time: z.number(),
    endTime: z.number(),
    temperature: z.number(),
    unitStepsPerSecond: z.number().nullable().describe('Particle-steps (cell-steps) over the last seconds.'),
    secondsLeft: z.number().nullable(),
    wallSeconds: seconds,
    unitSteps: z.number().nonnegative(),
    mass: z.array(z.number()).readonly(),
    observation: observation.nullable(),
    energy: energy.nullable(),
    motion: motion.nullable(),
    workers: z.array(worker).readonly(),
    partition: z.enum(['replicas', 'nodes']).nullable(),
    imbalance: z.number().nullable().describe('Largest load over mean load, minus 1.'),
    epoch: count,
    reforms: count,
    exchange: z
      .object({ sentBytes: z.number(), sentMessages: z.number(), askedAgain: z.number() })
      .readonly(),
    checkpoint: z.object({ step: count, ageSeconds: seconds }).readonly().nullable(),
    warnings: z.array(z.string()).readonly(),
    stateHash: z.string().nullable(),
  })
  .readonly()
  .meta({
    id: 'Run',
    description: 'A run as it stands. Dimensionless but for names that end in Seconds or Bytes.',
  });

export const event: z.ZodType<RunEvent> = z
  .object({
    id: count,
    at: z.string().meta({ format: 'date-time' }),
    kind: z.enum([
      ...(['state', 'look', 'observation', 'energy', 'checkpoint'] as const),
      ...(['snapshot', 'reform', 'warning', 'message'] as const),
    ]),
    step: count,
    text: z.string(),
  })
  .readonly()
  .meta({ id: 'Event', description: 'Something that happened.' });

export const observables = z
  .object({ observations: z.array(observation), energies: z.array(energy) })
  .meta({ id: 'Observables', description: 'Records of steps after `since`, oldest first.' });

export const workers = z
  .object({
    workers: z.array(worker).readonly(),
    partition: z.enum(['replicas', 'nodes']).nullable(),
    imbalance: z.number().nullable(),
    epoch: count,
    reforms: count,
  })
  .meta({ id: 'Workers' });

export const accepted = z.object({ accepted: z.string() }).meta({ id: 'Accepted' });

export const problem = z
  .object({ error: z.object({ code: z.string(), message: z.string() }) })
  .meta({ id: 'Problem', description: 'What went wrong, for programs and for people.' });
