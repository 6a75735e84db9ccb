// What the page reads of the server's answers, as types. The server's own are in src/status/source.ts and src/output; they
// bring the whole program with them, which a browser's type check need not see. test/status/page/api.test.ts holds that what
// the server sends fits here.

export type Numbers = readonly (number | null)[];

export type RunState =
  'starting' | 'running' | 'paused' | 'waiting' | 'finished' | 'interrupted' | 'failed' | 'unknown';

export interface Worker {
  readonly name: string;
  readonly state: 'idle' | 'working' | 'leaving' | 'lost';
  readonly threads: number;
  readonly shards: number;
  readonly particles: number;
  readonly busySeconds: number;
  readonly waitedSeconds: number;
  readonly load: number;
  readonly lagSeconds: number;
}

export interface Observation {
  readonly step: number;
  readonly time: number;
  readonly mass: Numbers;
  readonly massError: Numbers;
  readonly potentialEnergy: number | null;
  readonly potentialEnergyError: number | null;
  readonly kineticEnergy?: number | null;
  readonly kineticEnergyError?: number | null;
  readonly mixingEnergy: number | null;
  readonly jumps?: Numbers;
}

export interface Energy {
  readonly step: number;
  readonly time: number;
  readonly temperature: number;
  readonly method: string;
  readonly energy: number | null;
  readonly energyError: number | null;
  readonly energyBias: number | null;
  readonly relativeEntropy: number | null;
  readonly relativeEntropyError: number | null;
  readonly dissipation: number | null;
  readonly dissipationError: number | null;
  readonly dissipationTransport: number | null;
  readonly dissipationReaction: number | null;
  readonly balance: number | null;
  readonly balanceError: number | null;
  readonly kinetic?: number | null;
  readonly hamiltonian?: number | null;
}

export interface Motion {
  readonly friction: number | null;
  readonly kinetic: number | null;
  readonly kineticError: number | null;
  readonly hamiltonian: number | null;
  readonly hamiltonianError: number | null;
}

export interface Edges {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly weight: readonly number[];
}

export interface View {
  readonly name: string;
  readonly id: string;
  readonly folder: string;
  readonly version: string;
  readonly state: RunState;
  readonly reason: string | null;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly representation: 'particles' | 'grid' | 'lumped';
  readonly units: number;
  readonly coordinateNames: readonly string[];
  readonly nodeNames: readonly string[];
  readonly edges: Edges;
  readonly step: number;
  readonly steps: number;
  readonly time: number;
  readonly endTime: number;
  readonly temperature: number;
  readonly unitStepsPerSecond: number | null;
  readonly secondsLeft: number | null;
  readonly wallSeconds: number;
  readonly unitSteps: number;
  readonly mass: Numbers;
  readonly observation: Observation | null;
  readonly energy: Energy | null;
  readonly motion: Motion | null;
  readonly workers: readonly Worker[];
  readonly partition: 'replicas' | 'nodes' | null;
  readonly imbalance: number | null;
  readonly epoch: number;
  readonly reforms: number;
  readonly exchange: {
    readonly sentBytes: number;
    readonly sentMessages: number;
    readonly askedAgain: number;
  };
  readonly checkpoint: { readonly step: number; readonly ageSeconds: number } | null;
  readonly warnings: readonly string[];
  readonly stateHash: string | null;
}

export const eventKinds = [
  ...(['state', 'warning', 'message', 'checkpoint', 'reform', 'snapshot'] as const),
  ...(['observation', 'energy', 'look'] as const),
];
export type EventKind = (typeof eventKinds)[number];

export interface LogEvent {
  readonly id: number;
  readonly at: string;
  readonly kind: EventKind;
  readonly step: number;
  readonly text: string;
}

export interface HistoryPage {
  readonly observations: readonly Observation[];
  readonly energies: readonly Energy[];
}

export type ActionName = 'pause' | 'resume' | 'checkpoint' | 'stop';
