// What there is to tell of second-order dynamics (mathematics, section 6) beside the energy: friction, T and H, from the last records of
// the tables. Not how they are computed: that is grid/, lumped/ and the moments of particles.

import type { Model } from '../model/mod.js';
import type { EnergyRecordJson, ObservationRecord } from '../output/mod.js';

/** Of a run of second order. What is not known is null. Errors are standard errors. */
export interface MotionView {
  /** gamma at the last observation; null while gamma = r/t is infinite. */
  readonly friction: number | null;
  /** T; of particles the mean of |w|^2/2, which holds the thermal motion. */
  readonly kinetic: number | null;
  readonly kineticError: number | null;
  /** H = E + T. */
  readonly hamiltonian: number | null;
  readonly hamiltonianError: number | null;
}

/** Null where dynamics are of first order. */
export function motionOf(
  model: Pick<Model, 'kinetics' | 'friction'> | undefined,
  observation: ObservationRecord | null,
  energy: EnergyRecordJson | null,
): MotionView | null {
  if (energy?.hamiltonian !== undefined) {
    const { kinetic = null, hamiltonian, dissipation } = energy;
    const constant = model?.friction?.kind === 'constant' ? model.friction.value : undefined;
    // What H loses is 2 gamma T.
    const isMoving = dissipation !== null && kinetic !== null && kinetic > 0;
    const friction = constant ?? (isMoving ? dissipation / (2 * kinetic) : null);
    return { friction, kinetic, kineticError: 0, hamiltonian, hamiltonianError: 0 };
  }
  const friction = model?.kinetics?.friction ?? null;
  if (observation?.kineticEnergy === undefined) {
    if (model?.kinetics === undefined && model?.friction === undefined) return null;
    return { friction, kinetic: null, kineticError: null, hamiltonian: null, hamiltonianError: null };
  }
  const { kineticEnergy: kinetic, kineticEnergyError: kineticError = null } = observation;
  // Energies are estimated beside the run, and may be of an earlier observation.
  const isOfOneStep = energy?.step === observation.step && energy.energy !== null && kinetic !== null;
  return {
    ...{ friction, kinetic, kineticError },
    hamiltonian: isOfOneStep ? (energy.energy ?? 0) + kinetic : null,
    hamiltonianError: isOfOneStep ? Math.hypot(energy.energyError ?? 0, kineticError ?? 0) : null,
  };
}
