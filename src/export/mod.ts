// Public names of this folder.
export type { ChosenSnapshot, ExportData, TableFiles } from './data.js';
export { ExportError, type ExportErrorCode } from './errors.js';
export { formatNames, formats, type Format, type FormatName } from './formats.js';
export { putInPlace } from './place.js';
