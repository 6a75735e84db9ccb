// The objective of subset.py as a TypeScript module: which columns explain y? See docs/objectives.md.
//
// A node is a text of 0 and 1, one for each column: the columns in use. x are the coefficients of all columns; those not in use are pulled
// to 0. V = mean squared error / 2 + price * (columns in use) + ridge. Neighbours differ in one column.

const COLUMNS = 6;
const ROWS = 40;

// y = 2 a - 1.5 d, with four columns that are no use. Rows are made here, so that the example stands alone.
let state = 12345n;
const A = Array.from({ length: ROWS }, () =>
  Array.from({ length: COLUMNS }, () => {
    state = (1103515245n * state + 12345n) % 2147483648n;
    return (2 * Number(state)) / 2147483648 - 1;
  }),
);
const Y = A.map((row) => 2 * row[0] - 1.5 * row[3]);

/** @param options `price` of a column in use; 0.01 without it */
export default function subset(options: Readonly<Record<string, unknown>>) {
  const price = typeof options['price'] === 'number' ? options['price'] : 0.01;
  return {
    dimension: COLUMNS,
    initial: () => new Float64Array(COLUMNS),
    neighbours: (node: string) =>
      Array.from(node, (bit, j) => node.slice(0, j) + (bit === '1' ? '0' : '1') + node.slice(j + 1)),
    valueAndGradient(x: Float64Array, node: string) {
      const gradient = new Float64Array(COLUMNS);
      let value = 0;
      A.forEach((row, i) => {
        let residual = 0;
        for (let j = 0; j < COLUMNS; j++) if (node[j] === '1') residual += x[j] * row[j];
        residual -= Y[i];
        value += (0.5 * residual * residual) / ROWS;
        for (let j = 0; j < COLUMNS; j++) if (node[j] === '1') gradient[j] += (residual * row[j]) / ROWS;
      });
      let used = 0;
      for (let j = 0; j < COLUMNS; j++) {
        const strength = node[j] === '1' ? 0.001 : 1;
        if (node[j] === '1') used += 1;
        value += 0.5 * strength * x[j] * x[j];
        gradient[j] += strength * x[j];
      }
      return { value: value + price * used, gradient };
    },
  };
}
