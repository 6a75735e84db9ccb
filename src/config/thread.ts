// The door of this folder for threads, and for src/model, which they load: without the parser of YAML and the schema, which
// cost a thread 0.15 s of processor time (docs/performance.md).
export { formatPath, formatValue } from './problem.js';
export { openSealed } from './sealed.js';
export { suggest } from './suggest.js';
