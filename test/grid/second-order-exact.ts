// What second-order dynamics are compared with: ordinary differential equations by many steps of Runge and Kutta. No tests
// here.

function integrate(
  state: readonly number[],
  time: number,
  steps: number,
  rate: (y: readonly number[]) => number[],
): number[] {
  const h = time / steps;
  const along = (y: readonly number[], k: readonly number[], s: number): number[] =>
    y.map((v, i) => v + s * k[i]);
  let y = [...state];
  for (let step = 0; step < steps; step++) {
    const a = rate(y);
    const b = rate(along(y, a, h / 2));
    const c = rate(along(y, b, h / 2));
    const d = rate(along(y, c, h));
    y = y.map((v, i) => v + (h / 6) * (a[i] + 2 * b[i] + 2 * c[i] + d[i]));
  }
  return y;
}

/** Mean and width of a normal law in the well k x^2/2 (mathematics, section 11, number 5), from rest. */
export function quadraticWell(
  { mean, width, k, gamma, eps }: { mean: number; width: number; k: number; gamma: number; eps: number },
  time: number,
): { mean: number; width: number } {
  const end = integrate([mean, 0, width, 0], time, Math.ceil(time * 2000), ([c, v, s, a]) => [
    v,
    -gamma * v - k * c,
    a * s,
    -a * a - gamma * a - k + eps / (s * s),
  ]);
  return { mean: end[0], width: end[2] };
}

const mobilities = {
  'log-mean': (s: number, t: number) => (Math.abs(s - t) < 1e-9 ? (s + t) / 2 : (s - t) / Math.log(s / t)),
  arithmetic: (s: number, t: number) => (s + t) / 2,
  geometric: (s: number, t: number) => Math.sqrt(s * t),
  harmonic: (s: number, t: number) => (2 * s * t) / (s + t),
};

/** Masses on a path of nodes after a time, from rest (mathematics, section 6, without x). */
export function pathOfMasses(
  mobility: keyof typeof mobilities,
  {
    masses,
    potentials,
    weight,
    gamma,
    eps,
  }: { masses: readonly number[]; potentials: readonly number[]; weight: number; gamma: number; eps: number },
  time: number,
): number[] {
  const theta = mobilities[mobility];
  // Central differences: of order 2, with 1e-5 exact to about ten digits.
  const slope = (s: number, t: number): number =>
    (theta(s * (1 + 1e-5), t) - theta(s * (1 - 1e-5), t)) / (2e-5 * s);
  const n = masses.length;
  const rate = (y: readonly number[]): number[] => {
    const [f, phi] = [y.slice(0, n), y.slice(n)];
    const change = new Array<number>(n).fill(0);
    const lift = phi.map((p, g) => -gamma * p - potentials[g] - eps * Math.log(f[g]));
    for (let g = 0; g + 1 < n; g++) {
      const p = phi[g] - phi[g + 1];
      const flow = weight * theta(f[g], f[g + 1]) * p;
      change[g] += flow;
      change[g + 1] -= flow;
      lift[g] -= 0.5 * weight * slope(f[g], f[g + 1]) * p * p;
      lift[g + 1] -= 0.5 * weight * slope(f[g + 1], f[g]) * p * p;
    }
    return [...change, ...lift];
  };
  return integrate([...masses, ...masses.map(() => 0)], time, 2000, rate).slice(0, n);
}
