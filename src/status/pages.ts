// The files of the dashboard as the server serves them: those of page/.

import { pageFiles, type PageFile } from './page/mod.js';

export type PageFiles = ReadonlyMap<string, PageFile>;
export { pageFiles };
