// The key `potential`: formulas, their parameters, and data arrays. Form only: formulas are read in model/, once the
// graph and the data are known.

import type * as z from 'zod';
import {
  branch,
  choice,
  complain,
  flag,
  formula,
  hasKey,
  integer,
  isList,
  isScalar,
  isSection,
  list,
  map,
  number,
  section,
  text,
} from './values.js';

/** A number or formula per component, or one for all. */
export type ValueSpec = string | readonly string[];

const vectorOrScalar = choice<ValueSpec>('a number, a formula, or a list of them', [
  branch(isScalar, formula()),
  branch(isList, list(formula(), 1, 'a list of numbers or formulas')),
]);

/** A node parameter as written. Formulas are text; plain numbers are kept as their text, too. */
export type ParameterSpec =
  /** One formula, for every node. */
  | { readonly kind: 'formula'; readonly formula: string }
  /** One value per node; each a scalar or a vector. */
  | { readonly kind: 'list'; readonly values: readonly ValueSpec[] }
  /** A vector, formula by formula. */
  | { readonly kind: 'vector'; readonly formulas: readonly string[] }
  /** A vector by one formula with the name `component` (0, 1, …). */
  | { readonly kind: 'components'; readonly formula: string; readonly components: number }
  | { readonly kind: 'map'; readonly values: Readonly<Record<string, ValueSpec>> }
  | {
      readonly kind: 'table';
      readonly file: string;
      readonly columns: readonly string[];
      readonly vector: boolean;
    };

const vectorForm = section({
  vector: list(formula(), 1, 'a list of formulas').meta({ description: 'One formula per component.' }),
});
const componentsForm = section({
  formula: formula().meta({ description: 'Formula of each component; `component` counts 0, 1, ….' }),
  components: integer({ min: 1, max: 100_000 }).meta({ description: 'Number of components.' }),
});
const tableForm = section({
  file: text('a file name').meta({
    description: 'CSV file; rows are nodes, matched by a column `node` where it exists.',
    samples: ['nodes.csv'],
  }),
  column: text('a column name').optional().meta({ description: 'Column with the values.' }),
  columns: list(text('a column name'), 1, 'a list of column names').optional().meta({
    description: 'Columns of a vector parameter.',
  }),
});

/** One of `column` and `columns`, or a complaint. */
function settleColumns(
  table: { column?: string | undefined; columns?: string[] | undefined },
  sink: Parameters<typeof complain>[0],
): string[] {
  if ((table.column === undefined) === (table.columns === undefined)) {
    return complain(sink, table.column === undefined ? 'names no column' : 'has both column and columns', {
      hint: 'write column: name for one column, columns: [a, b] for several',
    });
  }
  return table.columns ?? [table.column ?? ''];
}

const parameter = choice<ParameterSpec>(
  'a number, a formula, a list with one value per node, { vector: [...] }, { formula, components }, ' +
    '{ file, column } or a map from node names to values',
  [
    branch(
      isScalar,
      formula().transform((text): ParameterSpec => ({ kind: 'formula', formula: text })),
    ),
    branch(
      isList,
      list(vectorOrScalar, 1, 'a list with one value per node').transform((values): ParameterSpec => ({
        kind: 'list',
        values,
      })),
    ),
    branch(
      hasKey('vector'),
      vectorForm.transform(({ vector }): ParameterSpec => ({ kind: 'vector', formulas: vector })),
    ),
    branch(
      hasKey('formula', 'components'),
      componentsForm.transform((spec): ParameterSpec => ({ kind: 'components', ...spec })),
    ),
    branch(
      hasKey('file'),
      tableForm.transform((table, sink): ParameterSpec => ({
        kind: 'table',
        file: table.file,
        columns: settleColumns(table, sink),
        vector: table.columns !== undefined,
      })),
    ),
    branch(
      isSection,
      map(vectorOrScalar, 'a map from node names to values').transform((values): ParameterSpec => ({
        kind: 'map',
        values,
      })),
    ),
  ],
);

/** A data array as written. */
export type DataSpec =
  | {
      readonly kind: 'table';
      readonly file: string;
      readonly columns: readonly string[];
      /** Two indices (rows and columns) rather than one. */
      readonly matrix: boolean;
      readonly standardize: boolean;
      readonly center: boolean;
    }
  | { readonly kind: 'inline'; readonly rows: readonly (number | readonly number[])[] };

const dataTable = section({
  file: text('a file name').meta({ description: 'CSV file with a header line.', samples: ['data.csv'] }),
  column: text('a column name').optional().meta({ description: 'One column: the array has one index.' }),
  columns: list(text('a column name'), 1, 'a list of column names').optional().meta({
    description: 'Several columns: the array has two indices, row and column.',
  }),
  standardize: flag().default(false).meta({
    description: 'Shift and scale each column to mean 0 and variance 1 (variance with 1/n).',
    fallback: false,
  }),
  center: flag().default(false).meta({ description: 'Shift each column to mean 0.', fallback: false }),
});

const row = choice<number | number[]>('a number or a list of numbers', [
  branch(isScalar, number()),
  branch(isList, list(number(), 1, 'a list of numbers')),
]);

const data = choice<DataSpec>('{ file, column } or { file, columns }, or a list of numbers or rows', [
  branch(
    isSection,
    dataTable.transform((table, sink): DataSpec => ({
      kind: 'table',
      file: table.file,
      columns: settleColumns(table, sink),
      matrix: table.columns !== undefined,
      standardize: table.standardize,
      center: table.center,
    })),
  ),
  branch(
    isList,
    list(row, 1, 'a list of numbers or rows').transform((rows): DataSpec => ({ kind: 'inline', rows })),
  ),
]);

const potentialSection = section({
  formula: formula()
    .optional()
    .meta({
      description:
        'The potential V(x, g) as a formula of the coordinates, the parameters, `node` (0 … n-1), the data arrays and `t`.',
      samples: ['0.5*((x-a)^2 + (y-b)^2) + h'],
    }),
  nodes: map(formula(), 'a map from node names to formulas')
    .optional()
    .meta({
      description: 'Formulas of single nodes, in place of `formula` there.',
      samples: ['{ open: x^2, closed: (x-1)^2 + 0.5 }'],
    }),
  parameters: map(parameter, 'a map from names to parameters')
    .default({})
    .meta({
      description:
        'Quantities with a value per node, by name: a number; a formula that may use `node` and parameters above it; a ' +
        'list with one value per node; `{ vector: [formulas] }` or `{ formula, components }` for vectors; a map from node ' +
        'names to values; or `{ file, column }` for a column of a CSV file.',
      fallback: {},
      samples: ['{ a: 2*cos(2*pi*node/8), h: [0, 1, 0.5] }'],
    }),
  data: map(data, 'a map from names to data arrays')
    .default({})
    .meta({
      description: 'Arrays for use in formulas, by name, from CSV files or written here.',
      fallback: {},
      samples: [
        '{ A: { file: data.csv, columns: [age, bmi], standardize: true }, y: { file: data.csv, column: y } }',
      ],
    }),
});

export const potentialSchema = potentialSection.superRefine((potential, sink) => {
  if (potential.formula === undefined && potential.nodes === undefined) {
    complain(sink, 'has no formula', {
      hint: 'write formula: …, or nodes: with a formula per node',
      at: 'key',
    });
  }
});
export type PotentialSpec = z.output<typeof potentialSchema>;
