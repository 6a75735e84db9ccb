// What friction leaves of phi over a stretch of time, and what a force that stands still does to it meanwhile: phi' = -gamma(t)
// phi - mu, solved exactly. Not when a schedule begins anew (second-order.ts).

import { mathF64 } from '../elementary/mod.js';
import type { FrictionSchedule } from '../model/mod.js';

/** phi becomes keep * phi - push * mu. */
export interface Damping {
  readonly keep: number;
  /** A time: at most the length of the stretch. */
  readonly push: number;
}

/** Over [from, to], times since the last restart. With gamma = r/t nothing is kept of phi at t = 0. */
export function dampingOver(friction: FrictionSchedule, from: number, to: number): Damping {
  switch (friction.kind) {
    case 'constant': {
      const gamma = friction.value;
      const decay = gamma * (to - from);
      // Where gamma * (to - from) underflows there is no friction.
      if (!(decay > 1e-300)) return { keep: 1, push: to - from };
      return { keep: mathF64.exp(-decay), push: -mathF64.expm1(-decay) / gamma };
    }
    case 'nesterov': {
      // integral of (s/to)^r over [from, to].
      const { factor } = friction;
      const ratio = from / to;
      return {
        keep: mathF64.power(ratio, factor),
        push: (to / (factor + 1)) * (1 - mathF64.power(ratio, factor + 1)),
      };
    }
    default:
      return friction satisfies never;
  }
}

/**
 * gamma(t) T, for the rate -2 gamma T of H: at the start of a schedule r/t, where phi = 0 and T rises like t^2, it is 0.
 * @param t time since the last restart
 */
export function frictionPower(friction: FrictionSchedule, t: number, kinetic: number): number {
  switch (friction.kind) {
    case 'constant':
      return friction.value * kinetic;
    case 'nesterov':
      return t > 0 ? (friction.factor / t) * kinetic : 0;
    default:
      return friction satisfies never;
  }
}
