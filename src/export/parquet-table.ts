// One Parquet file that grows by groups of rows, on top of hyparquet-writer. What is in it is parquet.ts.

import { fileWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';

export type ColumnType = 'int32' | 'int64' | 'float' | 'double' | 'text';

/** A column. Where values may be missing they are null, not NaN. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly optional?: true;
}

/** Values of a column: bigint for int64, text for text, else numbers. */
export type ColumnValues =
  Float32Array | Float64Array | Int32Array | BigInt64Array | readonly (number | bigint | string | null)[];

/** Rows that come one by one are gathered to groups of so many: what a reader must hold to read a column. */
const rowsPerGroup = 65_536;

function schemaElement({ name, type, optional }: Column): SchemaElement {
  const common = { name, repetition_type: optional ? ('OPTIONAL' as const) : ('REQUIRED' as const) };
  switch (type) {
    case 'int32':
      return { ...common, type: 'INT32' };
    case 'int64':
      return { ...common, type: 'INT64' };
    case 'float':
      return { ...common, type: 'FLOAT' };
    case 'double':
      return { ...common, type: 'DOUBLE' };
    case 'text':
      return { ...common, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
    default:
      return type satisfies never;
  }
}

/** A Parquet file. Rows are written with a group at a time in memory. */
export class ParquetTable {
  readonly #columns: readonly Column[];
  readonly #writer: ParquetWriter;
  #gathered: (number | bigint | string | null)[][];

  /**
   * Creates the file.
   *
   * @param metadata texts by key, for the whole file
   */
  constructor(
    path: string,
    columns: readonly Column[],
    createdBy: string,
    metadata: Readonly<Record<string, string>>,
  ) {
    this.#columns = columns;
    this.#gathered = columns.map(() => []);
    this.#writer = new ParquetWriter({
      writer: fileWriter(path),
      schema: [{ name: 'table', num_children: columns.length }, ...columns.map(schemaElement)],
      createdBy,
      kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    });
  }

  /** Appends a row, a value per column. */
  async row(values: readonly (number | bigint | string | null)[]): Promise<void> {
    for (const [i, value] of values.entries()) this.#gathered[i].push(value);
    if (this.#gathered[0].length >= rowsPerGroup) await this.#flush();
  }

  /** Appends rows as a group of their own, the values of each column. */
  async group(columns: readonly ColumnValues[]): Promise<void> {
    await this.#flush();
    await this.#write(columns);
  }

  /** Ends the file. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#writer.finish();
  }

  async #flush(): Promise<void> {
    if (this.#gathered[0].length === 0) return;
    const columns = this.#gathered;
    this.#gathered = columns.map(() => []);
    await this.#write(columns);
  }

  async #write(columns: readonly ColumnValues[]): Promise<void> {
    const rows = columns[0].length;
    if (rows === 0) return;
    await this.#writer.write({
      columnData: columns.map((data, i) => ({
        name: this.#columns[i].name,
        // The package wants a list that it could change; it does not.
        data: data as Exclude<ColumnValues, readonly unknown[]> | unknown[],
      })),
      rowGroupSize: rows,
    });
  }
}
