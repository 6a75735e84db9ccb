// How the penalty of the splitting moves. A small one lets the potentials find their way quickly (the lower bound), a large one the
// densities (the upper bound); none is good for both. So they take turns, and the best bounds of all turns count. Every choice
// converges; this one only decides how soon.

/** A turn ends when a look has improved its bound by less than this part of the tolerance; halved with every pair of turns. */
const leastGain = 2;
/** Looks that a turn has at least. */
const leastLooks = 3;
/**
 * In the turn of the lower bound the penalty is halved while the distance from the constraints is below this part of the
 * last move; in that of the upper bound it grows while that is above the other. Measured on two nodes x 32 x 32 cells x 8 levels.
 */
const leastRatio = 0.7;
const mostRatio = 2;
/** Growth at the begin of the upper bound's turn, and at a look. */
const firstGrowth = 64;
const growth = 8;

export class PenaltySchedule {
  #turn: 'below' | 'above' = 'below';
  #looks = 0;
  #turns = 0;
  #last = { above: Infinity, below: 0 };
  /** Where the lower bound's turn goes on. */
  #small: number;

  constructor(
    public penalty: number,
    private readonly tolerance: number,
  ) {
    this.#small = penalty;
  }

  /** The penalty after a look at the bounds. */
  next(ratio: number, above: number, below: number): number {
    this.#looks += 1;
    const gain =
      this.#turn === 'below' ? (below - this.#last.below) / below : (this.#last.above - above) / above;
    this.#last = { above, below };
    const wanted = (leastGain * this.tolerance) / (1 << Math.min(20, this.#turns >> 1));
    const isDone = this.#looks >= leastLooks && gain < wanted;
    if (this.#turn === 'below') {
      if (isDone) {
        this.#small = this.penalty;
        this.#begin('above', firstGrowth * this.penalty);
      } else if (ratio < leastRatio) this.penalty *= 0.5;
    } else if (isDone) this.#begin('below', this.#small);
    else if (ratio > mostRatio) this.penalty *= growth;
    return this.penalty;
  }

  #begin(turn: 'below' | 'above', penalty: number): void {
    this.#turn = turn;
    this.#looks = 0;
    this.#turns += 1;
    this.penalty = penalty;
  }
}
