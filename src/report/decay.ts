// The rate at which the relative entropy falls: a straight line through its logarithm.

/** KL(f|pi) over time with standard errors; entries that are not finite are passed over. */
export interface DecayInput {
  readonly time: readonly number[];
  readonly value: readonly number[];
  readonly error: readonly number[];
  /** What the estimator states as its bias; nothing below it is looked at. */
  readonly bias?: readonly number[];
}

export interface Decay {
  /** KL falls as amplitude * exp(-rate t) between `from` and `to`. */
  readonly rate: number;
  readonly rateError: number;
  readonly amplitude: number;
  readonly from: number;
  readonly to: number;
  readonly points: number;
}

/** A value counts as above its noise from this many standard errors on. */
const noiseErrors = 3;
/** Below this part of its first value KL is rounding, whatever its error. */
const roundingPart = 1e-11;
const fewestPoints = 5;
/** A stretch counts as straight with chi-squared per degree of freedom up to this, or, without errors, within 0.3 % of KL. */
const straight = 1.5;
const straightWithin = 0.003;
/** KL must fall by this (in its logarithm) over the stretch: what hardly falls is a rest, not a decay. */
const leastFall = 0.5;
/** Rounds in which weights follow the line. */
const rounds = 4;

/**
 * Weighted least squares on log KL, weights (KL / error)^2 with KL of the line, or equal ones where there are no errors. Times at
 * which KL is not above its noise end the range; it begins at the first time from which log KL is straight, for early on
 * faster modes decay, too (where it never is, at the time from which it is straightest). The error is that of the
 * weights, or larger as the points scatter about the line (chi-squared per degree of freedom above 1); times of a run are
 * correlated, so that it may still be too small.
 *
 * @returns undefined where fewer than five times are above the noise, or KL hardly falls
 */
export function fitDecay(input: DecayInput): Decay | undefined {
  const points = aboveNoise(input);
  const hasErrors = points.every((point) => point.error > 0);
  let best: { line: Line; tail: readonly Point[]; badness: number } | undefined;
  for (let first = 0; points.length - first >= fewestPoints; first++) {
    const tail = points.slice(first);
    const line = fittedLine(tail, hasErrors);
    const time = tail[tail.length - 1].t - tail[0].t;
    if (line === undefined || !(-line.slope * time >= leastFall)) continue;
    const badness = hasErrors ? line.scatter / straight : line.farthest / straightWithin;
    if (best === undefined || badness < best.badness) best = { line, tail, badness };
    if (badness <= 1) break;
  }
  if (best === undefined) return undefined;
  const { line, tail } = best;
  const variance = (hasErrors ? Math.max(1, line.scatter) : line.scatter) / line.spread;
  return {
    rate: -line.slope,
    rateError: Math.sqrt(variance),
    amplitude: Math.exp(line.offset),
    from: tail[0].t,
    to: tail[tail.length - 1].t,
    points: tail.length,
  };
}

interface Point {
  readonly t: number;
  readonly value: number;
  readonly error: number;
}

/** The points up to the first that is not above its noise. */
function aboveNoise({ time, value, error, bias }: DecayInput): Point[] {
  const points: Point[] = [];
  let first: number | undefined;
  for (let k = 0; k < time.length; k++) {
    if (!Number.isFinite(value[k])) continue;
    first ??= value[k];
    const noise = noiseErrors * (Number.isFinite(error[k]) ? error[k] : 0) + Math.abs(bias?.[k] ?? 0);
    if (value[k] > Math.max(noise, roundingPart * first)) {
      points.push({ t: time[k], value: value[k], error: error[k] });
    } else if (points.length > 0) break;
    // Noise at the very start (a point law, say) is no end.
  }
  return points;
}

function fittedLine(tail: readonly Point[], hasErrors: boolean): Line | undefined {
  let line = straightLine(tail.map(({ t, value }) => ({ t, log: Math.log(value), weight: 1 })));
  for (let round = 0; hasErrors && round < rounds && line !== undefined; round++) {
    // Weights by the line, not by the points: those that noise has lifted would count more. And the mean of log(v + noise) is
    // below log v by half the square of the relative error.
    const { slope, offset } = line;
    line = straightLine(
      tail.map(({ t, value, error }) => {
        const relative = error / Math.exp(offset + slope * t);
        return { t, log: Math.log(value) + 0.5 * relative * relative, weight: 1 / (relative * relative) };
      }),
    );
  }
  return line;
}

interface Line {
  readonly slope: number;
  readonly offset: number;
  /** Weighted sum of squared distances of t from its mean, and chi-squared per degree of freedom. */
  readonly spread: number;
  readonly scatter: number;
  /** Largest distance of a point from the line. */
  readonly farthest: number;
}

function straightLine(
  points: readonly { readonly t: number; readonly log: number; readonly weight: number }[],
): Line | undefined {
  const sum = (of: (point: (typeof points)[number]) => number): number =>
    points.reduce((total, point) => total + point.weight * of(point), 0);
  const total = sum(() => 1);
  const [meanT, meanLog] = [sum(({ t }) => t) / total, sum(({ log }) => log) / total];
  const spread = sum(({ t }) => (t - meanT) * (t - meanT));
  if (!(spread > 0)) return undefined;
  const slope = sum(({ t, log }) => (t - meanT) * (log - meanLog)) / spread;
  const distance = ({ t, log }: { t: number; log: number }): number => log - meanLog - slope * (t - meanT);
  return {
    slope,
    offset: meanLog - slope * meanT,
    spread,
    scatter: sum((point) => distance(point) ** 2) / (points.length - 2),
    farthest: Math.max(...points.map((point) => Math.abs(distance(point)))),
  };
}
