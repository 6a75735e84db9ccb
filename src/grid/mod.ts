// Public names of this folder.
export { cellsOf, centre, centreOf, share, type Cells } from './cells.js';
export type { Member } from './cells.js';
export { changesWithTime } from './coefficients.js';
export type { Energy, GridSolver } from './energy.js';
export { runAlone } from './engine.js';
export { GridError } from './errors.js';
export { partOutside, writeInitial } from './initial.js';
export { GridPlan, scalar, type GridArrays } from './memory.js';
export { gridSolver } from './solver.js';
export { energyRecordOf, observationOf } from './moments.js';
