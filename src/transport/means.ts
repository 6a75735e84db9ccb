// Means of two densities, as mobilities of a link: value, first derivatives and curvature, in the scaled form that neither
// overflows nor loses digits where a density is next to 0. Not links, and nothing about time.
//
// With weights a, b > 0 the logarithmic mean is L(a s, b t), L(x, y) = (x - y)/(log x - log y). It has the Scharfetter-
// Gummel fluxes (a, b the rates of a face) and the linear family of mobilities (a, b the rates of an edge) as special cases:
// L(a s, b t) (log(a s) - log(b t)) = a s - b t.

/** Kinds of means, as numbers for the innermost loops. All are concave; all but `constant` are homogeneous of degree 1. */
export const mean = {
  arithmetic: 0,
  constant: 1,
  geometric: 2,
  harmonic: 3,
  /** L(a s, b t). */
  logarithmic: 4,
  /** s alone, and t alone: a mobility taken upwind of a known direction. */
  first: 5,
  second: 6,
} as const;

export type MeanKind = (typeof mean)[keyof typeof mean];

/** What `setMean` leaves: theta, s theta_s, t theta_t, s t theta_st (which is >= 0, and fixes the second derivatives). */
export const meanAt = new Float64Array(4);
/** Positions in `meanAt`. */
export const [value, slopeFirst, slopeSecond, curvature] = [0, 1, 2, 3] as const;

/** Below this |u| the logarithmic mean is a series; above, quotients keep all but three digits of curvature. */
const near = 0.5;
/** 1/(k + 2)!. */
const inverseFactorials = Array.from({ length: 14 }, (_, k) => {
  let factorial = 1;
  for (let i = 2; i <= k + 2; i++) factorial *= i;
  return 1 / factorial;
});

/** (u - 1 + e^-u)/u^2 for |u| < near. */
function slopeSeries(u: number): number {
  let sum = 0;
  for (let k = 13; k >= 0; k--) sum = inverseFactorials[k] - u * sum;
  return sum;
}

/** (u (1 + e^-u) - 2 (1 - e^-u))/u^3 for |u| < near: minus the derivative of slopeSeries. */
function curvatureSeries(u: number): number {
  let sum = 0;
  for (let k = 13; k >= 1; k--) sum = k * inverseFactorials[k] - u * sum;
  return sum;
}

/**
 * Computes a mean of densities s, t >= 0 and leaves it in `meanAt`.
 *
 * The second derivatives of a mean of degree 1 follow from one number: s^2 theta_ss = t^2 theta_tt = -s t theta_st.
 * @param logRatio log(a s) - log(b t); looked at by `logarithmic` only, which needs s, t > 0
 */
export function setMean(kind: number, s: number, t: number, a: number, b: number, logRatio: number): void {
  switch (kind) {
    case mean.arithmetic:
      meanAt[slopeFirst] = 0.5 * s;
      meanAt[slopeSecond] = 0.5 * t;
      meanAt[value] = 0.5 * (s + t);
      meanAt[curvature] = 0;
      return;
    case mean.constant:
      meanAt[value] = 1;
      meanAt[slopeFirst] = meanAt[slopeSecond] = meanAt[curvature] = 0;
      return;
    case mean.geometric: {
      const root = Math.sqrt(s) * Math.sqrt(t);
      meanAt[value] = root;
      meanAt[slopeFirst] = meanAt[slopeSecond] = 0.5 * root;
      meanAt[curvature] = 0.25 * root;
      return;
    }
    case mean.harmonic: {
      const sum = s + t;
      if (!(sum > 0)) {
        meanAt.fill(0);
        return;
      }
      const [x, y] = [s / sum, t / sum];
      meanAt[value] = 2 * s * y;
      meanAt[slopeFirst] = 2 * s * y * y;
      meanAt[slopeSecond] = 2 * t * x * x;
      meanAt[curvature] = 4 * s * y * x * y;
      return;
    }
    case mean.logarithmic: {
      const [x, y] = [a * s, b * t];
      const u = logRatio;
      if (u < near && u > -near) {
        meanAt[slopeFirst] = x * slopeSeries(u);
        meanAt[slopeSecond] = y * slopeSeries(-u);
        meanAt[curvature] = x * curvatureSeries(u);
      } else {
        const square = u * u;
        meanAt[slopeFirst] = (x * (u - 1) + y) / square;
        meanAt[slopeSecond] = (x - y * (1 + u)) / square;
        meanAt[curvature] = (u * (x + y) - 2 * (x - y)) / (square * u);
      }
      meanAt[value] = meanAt[slopeFirst] + meanAt[slopeSecond];
      return;
    }
    case mean.first:
      meanAt[value] = meanAt[slopeFirst] = s;
      meanAt[slopeSecond] = meanAt[curvature] = 0;
      return;
    case mean.second:
      meanAt[value] = meanAt[slopeSecond] = t;
      meanAt[slopeFirst] = meanAt[curvature] = 0;
      return;
    default:
      throw new RangeError(`${kind} is no mean`);
  }
}
