// The door of this folder for the threads of lumped runs, as thread.ts is for those of others: apart, since objectives bring more with them
// than particles need.
export { now } from './clock.js';
export { asFailure } from './failure.js';
export type { LumpedResult, LumpedSetup } from './lumped/messages.js';
export { nodeSettings, objectiveOf } from './lumped/setup.js';
export type { TaskFailure } from './messages.js';
