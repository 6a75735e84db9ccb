// CMA-ES with default parameters (Hansen, The CMA evolution strategy: a tutorial, 2016, table 1), as a peer for bench/mixed.ts: rank-one and rank-mu
// update, cumulative step-size adaptation, eigenvectors by Jacobi rotations. No restarts and no bounds: whoever uses it has those.

/** One search; minimises. */
export class CmaEs {
  readonly #n: number;
  readonly #lambda: number;
  readonly #weights: number[];
  readonly #mueff: number;
  readonly #c: { sigma: number; d: number; c: number; one: number; mu: number; chi: number };
  #mean: number[];
  #sigma: number;
  #ps: number[];
  #pc: number[];
  #covariance: number[][];
  #basis: number[][];
  #scales: number[];
  #generation = 0;

  /** @param normal draws of N(0, 1) */
  constructor(
    start: ArrayLike<number>,
    private readonly sigma0: number,
    private readonly normal: () => number,
  ) {
    const n = start.length;
    this.#n = n;
    this.#lambda = 4 + Math.floor(3 * Math.log(n));
    const mu = Math.floor(this.#lambda / 2);
    const raw = Array.from({ length: mu }, (_, i) => Math.log((this.#lambda + 1) / 2) - Math.log(i + 1));
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    this.#weights = raw.map((weight) => weight / total);
    const mueff = 1 / this.#weights.reduce((sum, weight) => sum + weight * weight, 0);
    this.#mueff = mueff;
    const sigma = (mueff + 2) / (n + mueff + 5);
    const one = 2 / ((n + 1.3) ** 2 + mueff);
    this.#c = {
      sigma,
      d: 1 + 2 * Math.max(0, Math.sqrt((mueff - 1) / (n + 1)) - 1) + sigma,
      c: (4 + mueff / n) / (n + 4 + (2 * mueff) / n),
      one,
      mu: Math.min(1 - one, (2 * (mueff - 2 + 1 / mueff)) / ((n + 2) ** 2 + mueff)),
      chi: Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
    };
    this.#mean = Array.from(start);
    this.#sigma = sigma0;
    this.#ps = Array<number>(n).fill(0);
    this.#pc = Array<number>(n).fill(0);
    const unit = (): number[][] =>
      Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_u, j) => (i === j ? 1 : 0)));
    this.#covariance = unit();
    this.#basis = unit();
    this.#scales = Array<number>(n).fill(1);
  }

  /** Whether the distribution has shrunk to a point. */
  get isDone(): boolean {
    return this.#sigma * Math.max(...this.#scales) < 1e-6 * this.sigma0 || this.#generation > 2000;
  }

  generation(value: (x: Float64Array) => number): void {
    const n = this.#n;
    const { sigma: cs, d, c: cc, one: c1, mu: cmu, chi } = this.#c;
    this.#generation += 1;
    const samples = Array.from({ length: this.#lambda }, () => {
      const z = Array.from({ length: n }, () => this.normal());
      const step = this.#basis.map((row) =>
        row.reduce((sum, entry, j) => sum + entry * this.#scales[j] * z[j], 0),
      );
      return { step, value: value(Float64Array.from(this.#mean, (at, i) => at + this.#sigma * step[i])) };
    }).sort((a, b) => a.value - b.value);
    const mean = Array.from({ length: n }, (_, i) =>
      this.#weights.reduce((sum, weight, k) => sum + weight * samples[k].step[i], 0),
    );
    this.#mean = this.#mean.map((at, i) => at + this.#sigma * mean[i]);
    // C^(-1/2) of the mean step.
    const inner = Array.from(
      { length: n },
      (_, j) => this.#basis.reduce((sum, row, i) => sum + row[j] * mean[i], 0) / this.#scales[j],
    );
    const white = this.#basis.map((row) => row.reduce((sum, entry, j) => sum + entry * inner[j], 0));
    const push = Math.sqrt(cs * (2 - cs) * this.#mueff);
    this.#ps = this.#ps.map((p, i) => (1 - cs) * p + push * white[i]);
    const norm = Math.sqrt(this.#ps.reduce((sum, p) => sum + p * p, 0));
    const isShort = norm / Math.sqrt(1 - (1 - cs) ** (2 * this.#generation)) < (1.4 + 2 / (n + 1)) * chi;
    const pull = isShort ? Math.sqrt(cc * (2 - cc) * this.#mueff) : 0;
    this.#pc = this.#pc.map((p, i) => (1 - cc) * p + pull * mean[i]);
    const keep = 1 - c1 - cmu + (isShort ? 0 : c1 * cc * (2 - cc));
    this.#covariance = this.#covariance.map((row, i) =>
      row.map(
        (entry, j) =>
          keep * entry +
          c1 * this.#pc[i] * this.#pc[j] +
          cmu *
            this.#weights.reduce(
              (sum, weight, k) => sum + weight * samples[k].step[i] * samples[k].step[j],
              0,
            ),
      ),
    );
    this.#sigma *= Math.exp(Math.min(1, (cs / d) * (norm / chi - 1)));
    const { vectors, values } = symmetricEigen(this.#covariance);
    this.#basis = vectors;
    this.#scales = values.map((entry) => Math.sqrt(Math.max(entry, 1e-30)));
  }
}

/** Eigenvectors (columns) and eigenvalues of a symmetric matrix, by cyclic Jacobi rotations. */
function symmetricEigen(matrix: readonly (readonly number[])[]): { vectors: number[][]; values: number[] } {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const v = a.map((_, i) => a.map((_u, j): number => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p][q] * a[p][q];
    if (off < 1e-24) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (a[p][q] === 0) continue;
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          const [kp, kq] = [a[k][p], a[k][q]];
          a[k][p] = c * kp - s * kq;
          a[k][q] = s * kp + c * kq;
        }
        for (let k = 0; k < n; k++) {
          const [pk, qk] = [a[p][k], a[q][k]];
          a[p][k] = c * pk - s * qk;
          a[q][k] = s * pk + c * qk;
        }
        for (let k = 0; k < n; k++) {
          const [kp, kq] = [v[k][p], v[k][q]];
          v[k][p] = c * kp - s * kq;
          v[k][q] = s * kp + c * kq;
        }
      }
    }
  }
  return { vectors: v, values: a.map((row, i) => row[i]) };
}
