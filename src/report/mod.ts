// Public names of this folder.
export type { ReportData, ReportSnapshot } from './data.js';
export { renderReport } from './page.js';
export {
  renderStudy,
  studyPicture,
  type StudyData,
  type StudyOfMobility,
  type StudyRow,
} from './study-page.js';
