// Public names of this folder.
export {
  OutputError,
  FileError,
  RunFolderError,
  CheckpointError,
  RecordError,
  type OutputErrorCode,
} from './errors.js';
export type { Json, JsonObject } from './json.js';
export { writeFileAtomic, syncFolder, makeFolders, readTextIfAny, remove } from './files.js';
export { AppendFile, trimLines, type FlushPolicy } from './append.js';
export { csvLine, type Cell } from './csv.js';
export { Schedule, type ScheduleRule, type ScheduleState } from './schedule.js';
export { tableNotes, type EdgeRows, type TableLayout } from './table-layout.js';
export {
  ObservableTables,
  tableFiles,
  parseTableLengths,
  type TableFile,
  type TableLengths,
} from './tables.js';
export { observationRecord, type ObservationRecord } from './observation-json.js';
export { energyLines, observationLines, type IndexedLines } from './indexed-lines.js';
export { readObservations } from './read-tables.js';
export { readEnergy, type EnergyRecordJson } from './read-energy.js';
export { readSnapshots, type SnapshotSeries } from './read-snapshots.js';
export { openDensities, type DensitySeries } from './read-densities.js';
export { FolderStore } from './zarr-store.js';
export type { SnapshotLayout } from './snapshot-metadata.js';
export {
  DensitySnapshotWriter,
  potentialSeries,
  type DensityLayout,
  type DensitySnapshot,
} from './density-snapshots.js';
export {
  energyJson,
  EnergyTables,
  energyFiles,
  parseEnergyLengths,
  type EnergyLengths,
} from './energy-tables.js';
export { SnapshotWriter, snapshotFolder, type Snapshot } from './snapshots.js';
export {
  readHeader,
  readPart,
  type Checkpoint,
  type CheckpointPart,
  type PartEntry,
  type PartPlace,
} from './checkpoint-format.js';
export { CheckpointDraft, type DraftParts } from './checkpoint-draft.js';
export { folderStorage, type PartStorage } from './part-storage.js';
export { heldCheckpoint, type HeldCheckpoint } from './held-checkpoint.js';
export {
  CheckpointStore,
  type CheckpointContent,
  type LatestCheckpoint,
  type PartStorages,
} from './checkpoints.js';
export {
  parseManifest,
  type Ending,
  type Machine,
  type Manifest,
  type ManifestChange,
  type ManifestStart,
  type RunStatus,
  type Timings,
} from './manifest.js';
export { RunLock as FolderLock } from './lock.js';
export { RunFolder, manifestFile, slug, type Inspection, type RunPlace } from './run-folder.js';
export { lineLog, logFile, logLevels, openLog, type JsonLog, type LogFields, type LogLevel } from './log.js';
export {
  bestFile,
  bestPointFile,
  lumpedFiles,
  LumpedTables,
  MOST_COORDINATES,
  parseLumpedLengths,
  type LumpedLengths,
  type LumpedRecord,
} from './lumped-tables.js';
export { LumpedSnapshotWriter, pointsFolder, type LumpedSnapshot } from './lumped-snapshots.js';
