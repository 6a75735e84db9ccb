// Public names of this folder.
export { ListenError, StatusServer, type StatusServerOptions } from './server.js';
export { isLoopback } from './guard.js';
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
