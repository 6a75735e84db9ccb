// Whether it is worth sharing the work out anew while a run goes on. A new placement means a new epoch: a checkpoint, fresh
// memories, everything read back. So it must win more time than that takes. Not the making of plans (plan.ts).

import { shardWork } from './amounts.js';
import { DEFAULT_COSTS, type CostModel } from './cost.js';
import { planPlacement, predictPlacement, type Plan, type PlanInput } from './plan.js';

/** Imbalance above which a new plan is looked for. */
export const MOST_IMBALANCE = 0.15;

/** Checkpoint, new memories and restoring, where nobody has measured it. */
const REFORM_SECONDS = 5;

/** How uneven the work was: the busiest over the mean, less one. 0 where nobody was busy. */
export function imbalance(busySeconds: ArrayLike<number>): number {
  let [most, total] = [0, 0];
  for (let i = 0; i < busySeconds.length; i++) {
    most = Math.max(most, busySeconds[i]);
    total += busySeconds[i];
  }
  return total > 0 ? (most * busySeconds.length) / total - 1 : 0;
}

export interface MeasuredSteps {
  /** Of each machine, in a step: its threads' computing, on average over the threads. */
  readonly busySeconds: readonly number[];
  /** What a step took. */
  readonly stepSeconds: number;
}

export interface Horizon {
  readonly stepsLeft: number;
  /** What a reform takes. Default: 5. */
  readonly reformSeconds?: number;
}

export interface Replanning {
  readonly worth: boolean;
  /** Of the machines that have shards. */
  readonly imbalance: number;
  /** Predicted gain over the steps still to do, without the reform; 0 where no plan was made. */
  readonly gainSeconds: number;
  /** The speeds that the measured times show, with which the new plan was made. */
  readonly speeds: readonly number[];
  /** Made where the imbalance is large. */
  readonly plan?: Plan;
}

/**
 * Makes a new plan where the measured imbalance is above 15 %, from present counts and from the speeds that machines have
 * shown, and compares what it gains over the steps still to do with what a reform costs. Making a plan of a large graph takes
 * seconds: not to be asked at every look.
 * @param input with present counts and flux
 */
export function worthReplanning(
  input: PlanInput,
  current: Plan,
  measured: MeasuredSteps,
  horizon: Horizon,
  costs: CostModel = DEFAULT_COSTS,
): Replanning {
  const { busySeconds, stepSeconds } = measured;
  const working = new Set(current.owner);
  const uneven = imbalance(busySeconds.filter((_, machine) => working.has(machine)));
  const speeds = shownSpeeds(input, current, busySeconds, costs);
  if (!(uneven > MOST_IMBALANCE) || horizon.stepsLeft <= 0) {
    return { worth: false, imbalance: uneven, gainSeconds: 0, speeds };
  }
  const shown = {
    ...input,
    machines: input.machines.map((machine, m) => ({ ...machine, speed: speeds[m] })),
  };
  const plan = planPlacement(shown, costs);
  const before = predictPlacement(shown, current, costs).stepSeconds;
  // What was measured has more in it than the model; the new plan is taken to gain in proportion.
  const gainSeconds = horizon.stepsLeft * stepSeconds * (1 - plan.predicted.stepSeconds / before);
  const { reformSeconds = REFORM_SECONDS } = horizon;
  return { worth: gainSeconds > reformSeconds, imbalance: uneven, gainSeconds, speeds, plan };
}

/** Work over time; machines that were not busy keep the speed they told, in proportion to how the others kept theirs. */
function shownSpeeds(
  input: PlanInput,
  { owner }: Plan,
  busySeconds: readonly number[],
  costs: CostModel,
): number[] {
  const work = input.machines.map(() => 0);
  shardWork(input, costs).forEach((cost, shard) => (work[owner[shard]] += cost));
  const measured = work.map((cost, m) =>
    busySeconds[m] > 0 && cost > 0 ? cost / busySeconds[m] : undefined,
  );
  let [shown, told] = [0, 0];
  input.machines.forEach(({ speed }, m) => {
    const own = measured[m];
    if (own === undefined || !(speed > 0)) return;
    shown += own;
    told += speed;
  });
  const kept = told > 0 ? shown / told : 1;
  return input.machines.map(({ speed }, m) => measured[m] ?? kept * speed);
}
