// What is told of second-order dynamics: from energies of grids and lumped nodes, from observations of particles, null elsewhere.

import { describe, expect, it } from 'vitest';
import { motionOf } from '../../src/status/motion.js';
import { SyntheticRun } from './page/synthetic.js';

const run = new SyntheticRun({ nodes: 3 });
const [observation, energy] = [run.observationAt(20), run.energyAt(20)];
const still = { kinetics: undefined, friction: undefined };
const nesterov = { kind: 'nesterov', factor: 3, restart: 'never' } as const;
const ofGrid = { ...energy, energy: -1, kinetic: 0.25, hamiltonian: -0.75, dissipation: 0.4 };

describe('motion', () => {
  it('is none of first-order dynamics', () => {
    expect(motionOf(still, observation, energy)).toBeNull();
    expect(motionOf(undefined, observation, null)).toBeNull();
    expect(motionOf(undefined, null, null)).toBeNull();
  });

  it('of a grid has H and T of its energies, and the friction of the time', () => {
    const known = { kinetic: 0.25, kineticError: 0, hamiltonian: -0.75, hamiltonianError: 0 };
    const constant = { kinetics: undefined, friction: { kind: 'constant', value: 2 } } as const;
    expect(motionOf(constant, observation, ofGrid)).toEqual({ friction: 2, ...known });
    // 2 gamma T = 0.4.
    const schedule = { kinetics: undefined, friction: nesterov };
    expect(motionOf(schedule, observation, ofGrid)).toEqual({ friction: 0.8, ...known });
    expect(motionOf(undefined, observation, ofGrid)).toEqual({ friction: 0.8, ...known });
    const rest = { ...ofGrid, kinetic: 0, hamiltonian: -1, dissipation: 0 };
    expect(motionOf(schedule, observation, rest)?.friction).toBeNull();
    expect(motionOf(constant, null, null)).toMatchObject({ kinetic: null, hamiltonian: null });
  });

  it('of particles has T of the observation, and H where E is of the same step', () => {
    const model = { kinetics: { friction: 1.5, start: 'thermal' }, friction: undefined } as const;
    const moving = { ...observation, kineticEnergy: 1, kineticEnergyError: 0.3 };
    const here = { ...energy, energy: -3, energyError: 0.4 };
    expect(motionOf(model, moving, here)).toEqual({
      ...{ friction: 1.5, kinetic: 1, kineticError: 0.3, hamiltonian: -2, hamiltonianError: 0.5 },
    });
    const without = {
      friction: 1.5,
      kinetic: 1,
      kineticError: 0.3,
      hamiltonian: null,
      hamiltonianError: null,
    };
    expect(motionOf(model, moving, { ...here, step: 10 })).toEqual(without);
    expect(motionOf(model, moving, null)).toEqual(without);
    expect(motionOf(model, null, null)).toMatchObject({ friction: 1.5, kinetic: null });
  });
});
