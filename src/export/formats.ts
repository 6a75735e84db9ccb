// The formats there are: how each is called, whether it is a file or a folder, and who writes it. Packages that only one
// format needs are loaded when it is asked for.

import type { ExportData } from './data.js';

export const formatNames = ['h5md', 'parquet', 'csv', 'npz'] as const;
export type FormatName = (typeof formatNames)[number];

export interface Format {
  /** What `--out` is unless given, in the run folder. */
  readonly defaultName: string;
  /**
   * What an export looks like, so that `--force` replaces nothing else: the first bytes of the file, or the names of the
   * files in the folder.
   */
  readonly look:
    | { readonly kind: 'file'; readonly magic: string }
    | { readonly kind: 'folder'; readonly names: readonly string[] };
  /** Writes to a path that does not exist yet (`file`) or to an empty folder; returns what a person should know of it. */
  readonly write: (data: ExportData, path: string, signal: AbortSignal) => Promise<readonly string[]>;
}

export const formats: Readonly<Record<FormatName, Format>> = {
  h5md: {
    defaultName: 'export.h5',
    look: { kind: 'file', magic: '\x89HDF\r\n\x1a\n' },
    write: async (...args) => (await import('./h5md.js')).writeH5md(...args),
  },
  parquet: {
    defaultName: 'export-parquet',
    look: {
      kind: 'folder',
      names: ['observables', 'nodes', 'energies', 'node_energies', 'jumps', 'particles', 'densities'].map(
        (name) => `${name}.parquet`,
      ),
    },
    write: async (...args) => (await import('./parquet.js')).writeParquet(...args),
  },
  csv: {
    defaultName: 'export-csv',
    look: {
      kind: 'folder',
      names: ['observables', 'energy', 'jumps', 'particles', 'densities'].map((name) => `${name}.csv`),
    },
    write: async (...args) => (await import('./csv.js')).writeCsv(...args),
  },
  npz: {
    defaultName: 'export.npz',
    look: { kind: 'file', magic: 'PK\x03\x04' },
    write: async (...args) => (await import('./npz.js')).writeNpz(...args),
  },
};
