// Dense matrices of the studies: product, exponential, solve, Cholesky. Plain and small; matrices are arrays
// of rows.

export type Matrix = Float64Array[];

export function zeros(rows: number, columns = rows): Matrix {
  return Array.from({ length: rows }, () => new Float64Array(columns));
}

export function identity(n: number): Matrix {
  const m = zeros(n);
  for (let i = 0; i < n; i++) m[i][i] = 1;
  return m;
}

export function multiply(a: Matrix, b: Matrix): Matrix {
  const columns = b[0].length;
  const out = zeros(a.length, columns);
  for (let i = 0; i < a.length; i++) {
    const row = out[i];
    for (let k = 0; k < b.length; k++) {
      const value = a[i][k];
      if (value === 0) continue;
      const other = b[k];
      for (let j = 0; j < columns; j++) row[j] += value * other[j];
    }
  }
  return out;
}

/** Matrix times column. */
export function apply(a: Matrix, x: ArrayLike<number>): Float64Array {
  return Float64Array.from(a, (row) => row.reduce((sum, value, j) => sum + value * x[j], 0));
}

/** Row times matrix: a law carried forward by a matrix of transition probabilities. */
export function carry(x: ArrayLike<number>, a: Matrix): Float64Array {
  const out = new Float64Array(a[0].length);
  for (let i = 0; i < a.length; i++) for (let j = 0; j < out.length; j++) out[j] += x[i] * a[i][j];
  return out;
}

/** exp(t a) by Taylor series of a scaled matrix, and squaring. */
export function exponential(a: Matrix, t = 1): Matrix {
  const norm = t * Math.max(...a.map((row) => row.reduce((sum, value) => sum + Math.abs(value), 0)));
  const squarings = Math.max(0, Math.ceil(Math.log2(norm / 0.25)));
  const scale = t / 2 ** squarings;
  const scaled = a.map((row) => row.map((value) => value * scale));
  let sum = identity(a.length);
  let term = sum;
  for (let k = 1; k <= 16; k++) {
    term = multiply(term, scaled).map((row) => row.map((value) => value / k));
    sum = sum.map((row, i) => row.map((value, j) => value + term[i][j]));
  }
  for (let k = 0; k < squarings; k++) sum = multiply(sum, sum);
  return sum;
}

export function power(a: Matrix, n: number): Matrix {
  let [result, base] = [identity(a.length), a];
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(result, base);
    if (rest > 1) base = multiply(base, base);
  }
  return result;
}

/** Solves a x = b by elimination with partial pivoting. */
export function solve(a: Matrix, b: ArrayLike<number>): Float64Array {
  const n = a.length;
  const m = a.map((row, i) => Float64Array.of(...row, b[i]));
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++) if (Math.abs(m[r][c]) > Math.abs(m[pivot][c])) pivot = r;
    [m[c], m[pivot]] = [m[pivot], m[c]];
    for (let r = c + 1; r < n; r++) {
      const factor = m[r][c] / m[c][c];
      if (factor !== 0) for (let k = c; k <= n; k++) m[r][k] -= factor * m[c][k];
    }
  }
  const x = new Float64Array(n);
  for (let r = n - 1; r >= 0; r--) {
    let value = m[r][n];
    for (let k = r + 1; k < n; k++) value -= m[r][k] * x[k];
    x[r] = value / m[r][r];
  }
  return x;
}

/** Lower triangular L with L L' = a, for a symmetric positive definite. */
export function cholesky(a: Matrix): Matrix {
  const n = a.length;
  const l = zeros(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let value = a[i][j];
      for (let k = 0; k < j; k++) value -= l[i][k] * l[j][k];
      if (i === j && !(value > 0)) throw new Error('the matrix is not positive definite');
      l[i][j] = i === j ? Math.sqrt(value) : value / l[j][j];
    }
  }
  return l;
}
