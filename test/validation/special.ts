// Special functions of the studies, with plain Math: validation must not lean on src/elementary, which it
// also tests.

/** erfc(x), by its continued fraction beyond 2, by the series of erf below; relative error below 1e-12. */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < 2) {
    let [term, sum] = [x, x];
    for (let k = 1; k < 80; k++) {
      term *= (-x * x) / k;
      sum += term / (2 * k + 1);
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = x;
  for (let k = 120; k > 0; k--) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

/** Distribution function of the standard normal law. */
export function normalCdf(x: number): number {
  return erfc(-x / Math.SQRT2) / 2;
}

/** Inverse of `normalCdf` by bisection. */
export function normalQuantile(p: number): number {
  let [low, high] = [-10, 10];
  // The upper tail has the digits: 1 - cdf(x) = cdf(-x).
  const [tail, sign] = p > 0.5 ? [1 - p, 1] : [p, -1];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(-middle) > tail) low = middle;
    else high = middle;
  }
  return (sign * (low + high)) / 2;
}

/** Nodes and weights of Gauss-Legendre quadrature on [a, b]. */
export function gaussLegendre(count: number, a: number, b: number): { x: number[]; weight: number[] } {
  const x: number[] = [];
  const weight: number[] = [];
  for (let i = 0; i < count; i++) {
    let root = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let pass = 0; pass < 100; pass++) {
      let [p0, p1] = [1, root];
      for (let k = 2; k <= count; k++) [p0, p1] = [p1, ((2 * k - 1) * root * p1 - (k - 1) * p0) / k];
      slope = (count * (root * p1 - p0)) / (root * root - 1);
      const change = p1 / slope;
      root -= change;
      if (Math.abs(change) < 1e-15) break;
    }
    x.push((a + b - (b - a) * root) / 2);
    weight.push((b - a) / ((1 - root * root) * slope * slope));
  }
  return { x, weight };
}

/** Integral over [a, b] by the trapezoidal rule: to many digits where f vanishes smoothly at both ends. */
export function trapezoid(f: (x: number) => number, a: number, b: number, intervals: number): number {
  const h = (b - a) / intervals;
  let sum = (f(a) + f(b)) / 2;
  for (let i = 1; i < intervals; i++) sum += f(a + i * h);
  return sum * h;
}
