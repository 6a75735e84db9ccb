// All that a report shows, as plain data. Who reads run folders fills it in; nothing here knows of files.

import type { Law } from '../compare/mod.js';
import type { Boundary, Graph } from '../model/mod.js';
import type { EnergyRecordJson, Manifest, ObservationRecord } from '../output/mod.js';

export interface ReportData {
  /** The folder as the user calls it. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Whether a process works on it now. */
  readonly isLive: boolean;
  readonly description: string | undefined;
  /** The name of the config's file, and changes as given to --set. */
  readonly configFile: string;
  readonly overrides: readonly string[];
  readonly representation: 'particles' | 'grid' | 'lumped';
  readonly particles: number;
  readonly dimension: number;
  readonly boundaries: readonly Boundary[];
  readonly graph: Graph;
  readonly observations: readonly ObservationRecord[];
  /** Empty where no entropy was estimated. */
  readonly energies: readonly EnergyRecordJson[];
  /** The snapshots that are shown, in order; empty where there are none. */
  readonly snapshots: readonly ReportSnapshot[];
}

/** The laws of x given each node at one time; undefined for a node without mass. */
export interface ReportSnapshot {
  readonly step: number;
  readonly time: number;
  readonly laws: readonly (Law | undefined)[];
}
