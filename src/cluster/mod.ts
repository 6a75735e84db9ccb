// Public names of this folder.
export { assign, type Assignment, type Partition } from './assignment.js';
export type { CrewMember, CrewReport } from './crew-report.js';
export { controlWord } from './barrier.js';
export { now } from './clock.js';
export { coreCount } from './crew.js';
export { asFailure } from './failure.js';
export {
  createEvolution,
  RunStopped,
  StateLost,
  TakenOver,
  type Evolution,
  type ParticleEvolution,
  type RowRequest,
} from './evolution.js';
export type { HostMaker, PointsHost } from './lumped/host.js';
export { MachineHost, type PointsOnMachines } from './lumped/machine-host.js';
export { LumpedSimulation } from './lumped/simulation.js';
export { lumpedProblem, nodeSettings, objectiveOf } from './lumped/setup.js';
export { checkGrid, GridSimulation } from './grid-simulation.js';
export { GridWorker } from './grid-worker.js';
export type {
  EstimateSetup,
  GridResult,
  GridSetup,
  GridTask,
  TaskFailure,
  TaskResult,
  WorkerSetup,
  WorkerTask,
} from './messages.js';
export { solveMetricTeam, type MetricNews, type MetricOptions, type MetricTask } from './metric-team.js';
export { Simulation, type SimulationOptions, type WorkLoad } from './simulation.js';
export { sampleParticles, type SampledParticles } from './sample-particles.js';
export { sampleNodes } from './sample-nodes.js';
export { Worker } from './worker.js';
export { resumeRun, startRun, type RunResult } from './run.js';
export { runInMemory, type MemoryRunOptions } from './run-in-memory.js';
export { RunLog, type LogOptions } from './run-log.js';
export type { EvolveOptions, RunListener, RunOptions } from './run-options.js';
export { bundleFile, readBundle } from './run-files.js';
export { version } from './version.js';
export { readShardPart, readTotals, restoreShards, shardParts, totalsParts } from './checkpoint.js';
export { Links } from './machines/links.js';
export { Mail } from './machines/mail.js';
export { Member, type MemberListener, type MemberOptions } from './machines/member.js';
export { Share } from './machines/share.js';
export { LocalHub } from './transport/threads.js';
export type { Placement } from './machines/protocol.js';
export { MachineSimulation, type MachinesReport } from './machines/coordinator.js';
export type { EpochOptions } from './machines/epochs.js';
export type { MachineOptions, PlanReport } from './machines/particle-epochs.js';
export { Roster } from './machines/roster.js';
export { newRunId, readIdentity } from './machines/run-identity.js';
export { bucketOfRun, objectStorage } from './machines/object-storage.js';
export { RunLock } from './transport/lock.js';
export { natsTransport } from './transport/nats.js';
export { connectNats } from './transport/nats-connect.js';
export {
  describe as describeNats,
  readNatsOptions,
  userOf,
  type NatsFlags,
  type NatsOptions,
} from './transport/nats-options.js';
export { startNatsServer } from './transport/nats-server.js';
export { answerDiscovery, workerMetadata } from './transport/services.js';
