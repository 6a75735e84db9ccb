// Configs that tests of the library share. Not a test.

import type { ConfigInput } from '../../src/library/mod.js';

/** Three quadratic wells on a path: Gibbs masses are known. */
export const wells: ConfigInput = {
  name: 'wells',
  space: { variables: ['x', 'y'] },
  graph: {
    nodes: ['left', 'middle', 'right'],
    edges: [
      ['left', 'middle'],
      ['middle', 'right', 2],
    ],
  },
  potential: {
    formula: '0.5*k*((x-a)^2 + y^2) + h',
    parameters: { k: [1, 2, 4], a: [-1, 0, 1], h: [0, 0.5, 1] },
  },
  temperature: 1,
  particles: 2000,
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.01, steps: 40 },
  observe: { every: 10 },
  seed: 3,
};
