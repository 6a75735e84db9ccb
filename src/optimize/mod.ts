// Public names of this folder.
export {
  answerOf,
  roundWeights,
  type AnswerNode,
  type BestResult,
  type NodeResult,
  type RoundResult,
} from './answer.js';
export { OptimizeError } from './errors.js';
export { plain, SearchFolder, searchFile, type SearchReport } from './folder.js';
export {
  Search,
  type SearchCounts,
  type SearchEnding,
  type SearchListener,
  type SearchLook,
  type SearchState,
} from './search.js';
export { setUp, type SearchSetup } from './setup.js';
