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
const aboveNoise = 3;
/** Below this part of its first value KL is rounding, whatever its error. */
const roundingPart = 1e-11;
/** The first stretch is not exponential yet: it is left out until KL has fallen by a factor e, if then enough remains. */
const transientFactor = 2.718_281_828;
const fewestPoints = 4;
/** Rounds in which weights follow the line. */
const rounds = 4;

/**
 * Weighted least squares on log KL, weights (KL / error)^2 with KL of the line, or equal ones where there are no errors. Times at which KL is not
 * above its noise end the range. The error is that of the weights, or larger as the points scatter about the line (chi-squared
 * per degree of freedom above 1); times of a run are correlated, so that it may still be too small.
 *
 * @returns undefined where fewer than four times are above the noise, or KL does not fall
 */
export function fitDecay({ time, value, error, bias }: DecayInput): Decay | undefined {
  const points: { t: number; value: number; error: number }[] = [];
  let first: number | undefined;
  for (let k = 0; k < time.length; k++) {
    if (!Number.isFinite(value[k])) continue;
    first ??= value[k];
    const noise = aboveNoise * (Number.isFinite(error[k]) ? error[k] : 0) + Math.abs(bias?.[k] ?? 0);
    if (!(value[k] > Math.max(noise, roundingPart * first))) {
      // Noise at the very start (a point law, say) is no end.
      if (points.length > 0) break;
      continue;
    }
    points.push({ t: time[k], value: value[k], error: error[k] });
  }
  const fallen = points.findIndex((point) => point.value < points[0].value / transientFactor);
  const tail = fallen > 0 && points.length - fallen >= fewestPoints ? points.slice(fallen) : points;
  if (tail.length < fewestPoints) return undefined;

  const hasErrors = tail.every((point) => point.error > 0);
  let line = straightLine(tail.map(({ t, value: v }) => ({ t, log: Math.log(v), weight: 1 })));
  for (let round = 0; hasErrors && round < rounds && line !== undefined; round++) {
    // Weights by the line, not by the points: those that noise has lifted would count more. And the mean of log(v + noise) is
    // below log v by half the square of the relative error.
    const { slope, offset } = line;
    line = straightLine(
      tail.map((point) => {
        const relative = point.error / Math.exp(offset + slope * point.t);
        return {
          t: point.t,
          log: Math.log(point.value) + 0.5 * relative * relative,
          weight: 1 / (relative * relative),
        };
      }),
    );
  }
  if (line === undefined || !(line.slope < 0)) return undefined;
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

interface Line {
  readonly slope: number;
  readonly offset: number;
  /** Weighted sum of squared distances of t from its mean, and chi-squared per degree of freedom. */
  readonly spread: number;
  readonly scatter: number;
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
  const scatter = sum(({ t, log }) => (log - meanLog - slope * (t - meanT)) ** 2) / (points.length - 2);
  return { slope, offset: meanLog - slope * meanT, spread, scatter };
}
