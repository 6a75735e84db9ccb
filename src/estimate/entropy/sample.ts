// What the entropy estimators read and what they give back. Plain data and the check of it.

/** An estimate of a number from a sample. Dimensionless. */
export interface Estimate {
  /** NaN where the sample does not allow an estimate. */
  readonly value: number;
  /** Standard error of `value`. */
  readonly error: number;
  /** Estimate of what `value` is too large by on average (sign and size); 0 where nothing is known. Not subtracted. */
  readonly bias: number;
}

/** n points of equal weight. */
export interface Sample {
  /** Coordinate i of point p at [p d + i]. */
  readonly points: Float64Array;
  /** d >= 1. */
  readonly dimension: number;
  /** The period of each periodic coordinate, undefined for the others. */
  readonly periods: readonly (number | undefined)[];
}

/** What is given where there is no estimate. */
export const noEstimate: Estimate = { value: NaN, error: NaN, bias: NaN };

/**
 * The number of points of a sample.
 * @throws RangeError if the lengths do not fit one another, a period is not positive or a coordinate is not finite.
 */
export function pointCount({ points, dimension, periods }: Sample): number {
  if (!(Number.isInteger(dimension) && dimension >= 1)) {
    throw new RangeError(`sample: dimension ${dimension} is no whole number from 1`);
  }
  if (periods.length !== dimension) {
    throw new RangeError(
      `sample: ${periods.length} periods for ${dimension} coordinates; write undefined for none`,
    );
  }
  const wrong = periods.find((period) => period !== undefined && !(period > 0 && period < Infinity));
  if (wrong !== undefined)
    throw new RangeError(`sample: a period is ${wrong}; it must be positive and finite`);
  const count = points.length / dimension;
  if (!Number.isInteger(count)) {
    throw new RangeError(`sample: ${points.length} numbers are no points of ${dimension} coordinates`);
  }
  for (let at = 0; at < points.length; at++) {
    if (!Number.isFinite(points[at])) {
      throw new RangeError(
        `sample: coordinate ${at % dimension} of point ${Math.floor(at / dimension)} is ${points[at]}`,
      );
    }
  }
  return count;
}

/** x moved by whole periods into [0, period]; the upper end only by rounding. */
export function wrap(x: number, period: number): number {
  return x - period * Math.floor(x / period);
}
