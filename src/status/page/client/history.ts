// What the page remembers of a run: scalars and masses over time, the last jumps, throughput. Bounded, whatever the run's
// length and number of nodes. Not how it is fetched (feed.ts) and not how it is drawn.

import type { Energy, HistoryPage, Observation } from './api.js';
import { Decimated } from './decimated.js';

/** Points of a curve: more than a wide screen has columns for in a chart. */
const mostPoints = 1200;
/** Numbers that masses over time may take: 2 million of 4 bytes, twice with their errors. */
const mostMasses = 2_000_000;
/** Observations between which jumps are compared. */
const jumpWindow = 8;

export interface ScalarPoint {
  readonly step: number;
  readonly time: number;
  readonly potential: number;
  readonly potentialError: number;
  readonly mixing: number;
  /** Of particles with velocities; else NaN. */
  readonly kinetic: number;
  readonly kineticError: number;
}

export interface MassPoint {
  readonly step: number;
  readonly time: number;
  readonly mass: Float32Array;
  readonly error: Float32Array;
}

export interface EnergyPoint {
  readonly step: number;
  readonly time: number;
  readonly energy: number;
  readonly energyError: number;
  readonly bias: number;
  readonly relativeEntropy: number;
  readonly relativeEntropyError: number;
  readonly dissipation: number;
  readonly dissipationError: number;
  readonly transport: number;
  readonly reaction: number;
  /** Of second-order dynamics; else NaN. */
  readonly kinetic: number;
  readonly hamiltonian: number;
}

export interface JumpPoint {
  readonly step: number;
  readonly time: number;
  readonly jumps: Float64Array;
}

export interface RatePoint {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly rate: number;
}

const number = (value: number | null | undefined): number => value ?? NaN;

export class History {
  readonly #scalars = new Decimated<ScalarPoint>(mostPoints);
  readonly #energies = new Decimated<EnergyPoint>(mostPoints);
  readonly #rates = new Decimated<RatePoint>(mostPoints);
  #masses: Decimated<MassPoint> | undefined;
  #jumps: JumpPoint[] = [];

  /** The last step of which there is an observation; -1 while there is none. */
  get lastStep(): number {
    return this.#scalars.last?.step ?? -1;
  }

  get lastEnergyStep(): number {
    return this.#energies.last?.step ?? -1;
  }

  /**
   * Takes a page of records, those of steps after `since`. Steps that are known are passed over. Energies come later than
   * observations: those of a page that does not join on to the known ones are left for another page, so that there is no gap.
   *
   * @returns how many observations and energies were new
   */
  add(page: HistoryPage, since: number): { observations: number; energies: number } {
    let [observations, energies] = [0, 0];
    for (const observation of page.observations) {
      if (observation.step <= this.lastStep) continue;
      this.#addObservation(observation);
      observations += 1;
    }
    if (since <= this.lastEnergyStep) {
      for (const energy of page.energies) {
        if (energy.step <= this.lastEnergyStep) continue;
        this.#addEnergy(energy);
        energies += 1;
      }
    }
    return { observations, energies };
  }

  addRate(point: RatePoint): void {
    const last = this.#rates.last;
    if (last === undefined || point.at > last.at) this.#rates.add(point);
  }

  get scalars(): readonly ScalarPoint[] {
    return this.#scalars.items();
  }

  get energies(): readonly EnergyPoint[] {
    return this.#energies.items();
  }

  get masses(): readonly MassPoint[] {
    return this.#masses?.items() ?? [];
  }

  get rates(): readonly RatePoint[] {
    return this.#rates.items();
  }

  /** The last observations with jumps, oldest first. */
  get jumps(): readonly JumpPoint[] {
    return this.#jumps;
  }

  #addObservation(observation: Observation): void {
    const { step, time, mass, massError, jumps } = observation;
    this.#scalars.add({
      ...{ step, time, potential: number(observation.potentialEnergy) },
      ...{
        potentialError: number(observation.potentialEnergyError),
        mixing: number(observation.mixingEnergy),
        kinetic: number(observation.kineticEnergy),
        kineticError: number(observation.kineticEnergyError),
      },
    });
    this.#masses ??= new Decimated(
      Math.max(60, Math.min(mostPoints, Math.floor(mostMasses / Math.max(1, mass.length)))),
    );
    this.#masses.add({
      ...{ step, time, mass: Float32Array.from(mass, number), error: Float32Array.from(massError, number) },
    });
    if (jumps) {
      this.#jumps.push({ step, time, jumps: Float64Array.from(jumps, (n) => n ?? 0) });
      if (this.#jumps.length > jumpWindow) this.#jumps.shift();
    }
  }

  #addEnergy(energy: Energy): void {
    this.#energies.add({
      step: energy.step,
      time: energy.time,
      energy: number(energy.energy),
      energyError: number(energy.energyError),
      bias: number(energy.energyBias),
      relativeEntropy: number(energy.relativeEntropy),
      relativeEntropyError: number(energy.relativeEntropyError),
      dissipation: number(energy.dissipation),
      dissipationError: number(energy.dissipationError),
      transport: number(energy.dissipationTransport),
      reaction: number(energy.dissipationReaction),
      kinetic: number(energy.kinetic),
      hamiltonian: number(energy.hamiltonian),
    });
  }
}

/** A point of T, and of E and H where they are known. */
export interface MotionPoint {
  readonly time: number;
  readonly kinetic: number;
  readonly kineticError: number;
  readonly energy: number;
  readonly hamiltonian: number;
}

/**
 * H, E and T over time: as the energies tell them, or, of particles, T of the observations with E of the same step.
 */
export function motionPoints(
  energies: readonly EnergyPoint[],
  scalars: readonly ScalarPoint[],
): MotionPoint[] {
  if (energies.some(({ hamiltonian }) => Number.isFinite(hamiltonian))) {
    return energies.map(({ time, kinetic, energy, hamiltonian }) => ({
      ...{ time, kinetic, kineticError: 0, energy, hamiltonian },
    }));
  }
  const byStep = new Map(energies.map((point) => [point.step, point]));
  return scalars.map(({ step, time, kinetic, kineticError }) => {
    const energy = byStep.get(step)?.energy ?? NaN;
    return { time, kinetic, kineticError, energy, hamiltonian: energy + kinetic };
  });
}

/**
 * The entropy part of E over time, -ε Σ m h: what E is beyond the mean potential and the mixing energy of the same step.
 * Points without an observation of their step are left out.
 */
export function entropyParts(
  energies: readonly EnergyPoint[],
  scalars: readonly ScalarPoint[],
): { time: number; value: number }[] {
  const byStep = new Map(scalars.map((point) => [point.step, point]));
  return energies.flatMap(({ step, time, energy }) => {
    const point = byStep.get(step);
    return point ? [{ time, value: energy - point.potential - point.mixing }] : [];
  });
}
