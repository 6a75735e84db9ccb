// Which solver a model asks for.

import type { Member } from './cells.js';
import type { GridSolver } from './energy.js';
import { GridEngine } from './engine.js';
import type { GridArrays, GridPlan } from './memory.js';
import { MovementEngine } from './movement-engine.js';
import { SecondOrderEngine } from './second-order.js';

/** The solver of one member of a team; all members have the same plan and arrays. */
export function gridSolver(plan: GridPlan, arrays: GridArrays, member: Member): GridSolver {
  const { movement, friction } = plan.model;
  if (movement !== undefined) return new MovementEngine(plan, arrays, member);
  if (friction !== undefined) return new SecondOrderEngine(plan, arrays, member);
  return new GridEngine(plan, arrays, member);
}
