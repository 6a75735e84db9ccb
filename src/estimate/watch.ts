// Watches over an observation: is everything finite, is mass conserved? A run that fails here stops at once, before the
// state is written anywhere.

import type { Model } from '../model/mod.js';
import { divergenceCauses } from '../particles/mod.js';
import type { Observation } from './observation.js';

/** The state of a run is not what it must be. */
export class StateError extends Error {
  readonly code: 'not-finite' | 'mass-lost';

  constructor(code: StateError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Checks finiteness and conservation of particles.
 * @throws StateError naming the quantity, the step, the node and remedies
 */
export function watch(model: Model, observation: Observation): void {
  const { step, nodeCount, count } = observation;
  let total = 0;
  for (let g = 0; g < nodeCount; g++) total += count[g];
  if (total !== model.particleCount) {
    throw new StateError(
      'mass-lost',
      `at step ${step} there are ${total} particles instead of ${model.particleCount}; this is a defect of the program, ` +
        'please report it with the config',
    );
  }
  for (let g = 0; g < nodeCount; g++) {
    if (count[g] === 0) continue;
    const quantities = [
      ...model.coordinateNames.map(
        (x, i) => [`the mean of ${x}`, observation.mean[g * model.dimension + i]] as const,
      ),
      ['the mean potential energy', observation.potential[g]] as const,
      ...(observation.kinetic ? [['the mean kinetic energy', observation.kinetic.ofNode[g]] as const] : []),
    ];
    for (const [quantity, value] of quantities) {
      if (Number.isFinite(value)) continue;
      throw new StateError(
        'not-finite',
        `${quantity} on node ${model.graph.nodeNames[g]} is ${value} at step ${step}. ${divergenceCauses(model)}`,
      );
    }
  }
}
