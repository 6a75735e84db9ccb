// Which solver a model asks for.

import type { Member } from './coefficients.js';
import type { GridSolver } from './energy.js';
import { GridEngine } from './engine.js';
import type { GridArrays, GridPlan } from './memory.js';
import { MovementEngine } from './movement-engine.js';

/** The solver of one member of a team; all members have the same plan and arrays. */
export function gridSolver(plan: GridPlan, arrays: GridArrays, member: Member): GridSolver {
  return plan.model.movement === undefined
    ? new GridEngine(plan, arrays, member)
    : new MovementEngine(plan, arrays, member);
}
