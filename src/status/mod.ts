// Public names of this folder.
export { ListenError, StatusServer, type StatusServerOptions } from './server.js';
export { isLoopback } from './guard.js';
export { FolderSource } from './folder-source.js';
export { Monitor, type RunControls, type RunEnding } from './monitor.js';
export {
  readStatusFile,
  removeStatusFile,
  statusFile,
  writeStatusFile,
  type StatusAddress,
} from './status-file.js';
export { pageFiles, type PageFiles } from './pages.js';
export type {
  Picture,
  RunActions,
  RunEvent,
  RunState,
  RunView,
  StatusSource,
  StepDurations,
  WorkerView,
} from './source.js';
