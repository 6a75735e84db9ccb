// Problems on R^d x G with known optima, for bench/mixed.ts: values and gradients. Nodes are words of bits (a hypercube) or of letters.

/** V on R^d x G, and what is known of it. */
export interface MixedProblem {
  readonly name: string;
  readonly dimension: number;
  readonly nodes: readonly string[];
  neighbours(node: string): readonly string[];
  /** Where points begin: uniform in [low, high]^d. The optimum is within. */
  readonly low: number;
  readonly high: number;
  /** V; the gradient is written where it is wanted. */
  evaluate(x: Float64Array, node: string, gradient?: Float64Array): number;
  readonly optimum: { readonly node: string; readonly value: number };
  /** A value this close to the optimum counts as found. */
  readonly accuracy: number;
  /** By how much V differs between places: the temperature to begin with. */
  readonly spread: number;
  /** Steps of the flows: of second order, of first order, and how many in a round. Chosen by the curvature, not by trying. */
  readonly step: number;
  readonly rate: number;
  readonly steps: number;
}

function words(length: number, letters: number): string[] {
  let list = [''];
  for (let i = 0; i < length; i++)
    list = list.flatMap((word) => Array.from({ length: letters }, (_, letter) => word + String(letter)));
  return list;
}

const known = new Map<string, string[]>();

/** Words with one letter changed: by one (`step`), or to any other. */
function edits(node: string, letters: number, isStep: boolean): string[] {
  const key = `${node} ${letters} ${isStep}`;
  const found = known.get(key) ?? makeEdits(node, letters, isStep);
  known.set(key, found);
  return found;
}

function makeEdits(node: string, letters: number, isStep: boolean): string[] {
  const found: string[] = [];
  Array.from(node, Number).forEach((own, i) => {
    for (let letter = 0; letter < letters; letter++) {
      if (letter === own || (isStep && Math.abs(letter - own) !== 1)) continue;
      found.push(node.slice(0, i) + String(letter) + node.slice(i + 1));
    }
  });
  return found;
}

/**
 * Rastrigin's function of d continuous and 3 discrete coordinates (values -2 … 2): minima everywhere, in x and on the graph, where the discrete
 * part has cosines of half the frequency, so that neighbours by one are worse and by two better.
 */
function rastrigin(d: number): MixedProblem {
  const letters = 5;
  return {
    name: `mixed Rastrigin, d = ${d}, 125 nodes`,
    dimension: d,
    nodes: words(3, letters),
    neighbours: (node) => edits(node, letters, true),
    low: -3,
    high: 3,
    evaluate(x, node, gradient) {
      let value = 0;
      for (let i = 0; i < d; i++) {
        value += x[i] * x[i] - 4 * Math.cos(2 * Math.PI * x[i]) + 4;
        if (gradient) gradient[i] = 2 * x[i] + 8 * Math.PI * Math.sin(2 * Math.PI * x[i]);
      }
      for (const letter of node) {
        const z = Number(letter) - 2;
        value += z * z + 2 * (1 - Math.cos(Math.PI * z));
      }
      return value;
    },
    optimum: { node: '222', value: 0 },
    accuracy: 0.01,
    spread: 8,
    // Curvature at the minima: 2 + 16 pi^2 = 160.
    ...{ step: 0.08, rate: 0.006, steps: 120 },
  };
}

/**
 * Rosenbrock's valley in x on each of 2^6 nodes of a hypercube. A bit that is set where it should not be bends the valley and adds a price that
 * depends on x: which bit is wrong can be seen well only from the far end of the valley.
 */
function rosenbrock(): MixedProblem {
  const right = '101101';
  return {
    name: 'mixed Rosenbrock, d = 4, hypercube of 64 nodes',
    dimension: 4,
    nodes: words(6, 2),
    neighbours: (node) => edits(node, 2, false),
    low: -1.5,
    high: 1.5,
    evaluate(x, node, gradient) {
      let wrong = 0;
      for (let i = 0; i < 6; i++) if (node[i] !== right[i]) wrong += 1;
      const a = 1 - 0.25 * wrong;
      let value = 0;
      gradient?.fill(0);
      for (let i = 0; i < 3; i++) {
        const u = x[i + 1] - x[i] * x[i];
        const w = a - x[i];
        value += 10 * u * u + w * w;
        if (!gradient) continue;
        gradient[i] += -40 * u * x[i] - 2 * w;
        gradient[i + 1] += 20 * u;
      }
      // At x = (1, 1, 1, 1) a wrong bit costs 0.2, at x = 0 nothing.
      const s = (x[0] + x[1] + x[2] + x[3]) / 4;
      value += 0.2 * wrong * (1 + s * s);
      if (gradient) for (let i = 0; i < 4; i++) gradient[i] += 0.1 * wrong * s;
      return value;
    },
    optimum: { node: right, value: 0 },
    accuracy: 0.01,
    spread: 1,
    ...{ step: 0.05, rate: 0.005, steps: 400 },
  };
}

/**
 * A trap: on 2^8 nodes V grows with the number of ones, bit by bit (so that every single change from any node leads towards 00000000), but for
 * 11111111, whose well is the deepest. The well of x moves with the number of ones.
 */
function trap(): MixedProblem {
  const bits = 8;
  return {
    name: 'trap, d = 2, hypercube of 256 nodes',
    dimension: 2,
    nodes: words(bits, 2),
    neighbours: (node) => edits(node, 2, false),
    low: -2,
    high: 2,
    evaluate(x, node, gradient) {
      const ones = node.split('1').length - 1;
      const centre = ones / bits;
      const depth = ones === bits ? -1 : ones / bits;
      const [u, w] = [x[0] - centre, x[1] + centre];
      if (gradient) gradient.set([4 * u, 4 * w]);
      return 2 * (u * u + w * w) + depth;
    },
    optimum: { node: '1'.repeat(bits), value: -1 },
    accuracy: 0.01,
    spread: 1,
    ...{ step: 0.4, rate: 0.2, steps: 100 },
  };
}

/** Which of 10 columns explain y? 30 rows, columns correlated; V = mean square / 2 + price * columns in use + ridge for those that are not. */
function sparseRegression(): MixedProblem {
  const [d, rows, price] = [10, 30, 0.05];
  let state = 20260131;
  const uniform = (): number => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return (2 * state) / 4294967296 - 1;
  };
  const a = Array.from({ length: rows }, () => {
    const common = uniform();
    return Array.from({ length: d }, () => uniform() + 0.5 * common);
  });
  const y = a.map((row) => 1.5 * row[1] - 1.2 * row[4] + 0.9 * row[7] + 0.1 * uniform());
  const nodes = words(d, 2);
  const evaluate = (x: Float64Array, node: string, gradient?: Float64Array): number => {
    gradient?.fill(0);
    let value = 0;
    a.forEach((row, i) => {
      let residual = -y[i];
      for (let j = 0; j < d; j++) if (node[j] === '1') residual += row[j] * x[j];
      value += (0.5 * residual * residual) / rows;
      if (gradient)
        for (let j = 0; j < d; j++) if (node[j] === '1') gradient[j] += (residual * row[j]) / rows;
    });
    for (let j = 0; j < d; j++) {
      if (node[j] === '1') value += price;
      else {
        value += 0.5 * x[j] * x[j];
        if (gradient) gradient[j] += x[j];
      }
    }
    return value;
  };
  // The optimum by trying all nodes: quadratic in x on each, so gradient descent with momentum gets there.
  let optimum = { node: '', value: Infinity };
  const gradient = new Float64Array(d);
  for (const node of nodes) {
    const x = new Float64Array(d);
    const v = new Float64Array(d);
    let value = 0;
    for (let k = 0; k < 400; k++) {
      value = evaluate(x, node, gradient);
      for (let j = 0; j < d; j++) {
        v[j] = 0.85 * v[j] - 0.4 * gradient[j];
        x[j] += v[j];
      }
    }
    if (value < optimum.value) optimum = { node, value };
  }
  return {
    name: 'sparse regression, d = 10, hypercube of 1024 nodes',
    dimension: d,
    nodes,
    neighbours: (node) => edits(node, 2, false),
    low: -2,
    high: 2,
    evaluate,
    optimum,
    accuracy: 0.005,
    spread: 0.5,
    ...{ step: 0.6, rate: 0.5, steps: 120 },
  };
}

export const mixedProblems: readonly MixedProblem[] = [
  rastrigin(2),
  rosenbrock(),
  trap(),
  sparseRegression(),
];
