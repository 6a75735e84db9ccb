// Symbols of the kernel compiler: quantities of a step, a node or an edge that no formula of the user's names (the `#`
// keeps them apart from node parameters). One place, so that the code that writes expressions with them and the code
// that gives them values (uniforms.ts) agree.

import type { Expression, ExpressionBuilder } from '../expression/mod.js';

export interface KernelSymbols {
  /** dt. */
  readonly timeStep: Expression;
  /** Length of the reaction that follows: dt (lie) or dt/2 (strang). */
  readonly reactionTime: Expression;
  /** eps in the middle of the diffusion step. */
  readonly diffusionTemperature: Expression;
  /** t at the start of the diffusion step, and at its end. */
  readonly diffusionStart: Expression;
  readonly diffusionEnd: Expression;
  /** eps in the middle of the reaction. */
  readonly temperature: Expression;
  /** 1/eps in the middle of the reaction; a huge number at eps = 0. */
  readonly inverseTemperature: Expression;
  /** D(g). */
  readonly diffusivity: Expression;
  /** sum over g' of K(g, g'). */
  readonly totalWeight: Expression;
  /** K(g, g') of the edge at hand. */
  readonly weight: Expression;
}

export function kernelSymbols(builder: ExpressionBuilder): KernelSymbols {
  const step = (name: string): Expression => builder.symbol({ kind: 'step', name });
  const node = (name: string): Expression =>
    builder.symbol({ kind: 'parameter', side: 'source', name, component: 0 });
  return {
    timeStep: step('timeStep'),
    reactionTime: step('reactionTime'),
    diffusionTemperature: step('diffusionTemperature'),
    diffusionStart: step('diffusionStart'),
    diffusionEnd: step('diffusionEnd'),
    inverseTemperature: step('inverseTemperature'),
    diffusivity: node('#diffusivity'),
    totalWeight: node('#totalWeight'),
    weight: builder.symbol({ kind: 'edge', name: 'weight' }),
    temperature: step('temperature'),
  };
}
