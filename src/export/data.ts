// A run as exports see it: what the run folder holds, read when it is asked for. Opening the folder is cli/export.ts.

import type { Model } from '../model/mod.js';
import type {
  DensitySeries,
  EnergyRecordJson,
  Manifest,
  ObservationRecord,
  SnapshotSeries,
} from '../output/mod.js';

/** A snapshot to export: its place in the series of the run. */
export interface ChosenSnapshot {
  readonly step: number;
  readonly time: number;
  readonly index: number;
}

/** Where the tables lie that are copied as they stand. */
export interface TableFiles {
  /** Paths of CSV tables that exist. */
  readonly csv: readonly string[];
}

export interface ExportData {
  readonly manifest: Manifest;
  readonly model: Pick<
    Model,
    'dimension' | 'coordinateNames' | 'boundaries' | 'graph' | 'representation' | 'timeStep' | 'seed'
  >;
  readonly tables: TableFiles;
  /** Reads the tables from their beginning at every call: they may be larger than memory. */
  readonly observations: () => AsyncIterable<ObservationRecord>;
  readonly energies: () => AsyncIterable<EnergyRecordJson>;
  /** Of a particle run with snapshots. */
  readonly snapshots: SnapshotSeries | undefined;
  /** Of a grid run with snapshots. */
  readonly densities: DensitySeries | undefined;
  /** Which of them to export, ascending. */
  readonly chosen: readonly ChosenSnapshot[];
  /** Who is named as the author (H5MD wants one). */
  readonly author: string;
}
