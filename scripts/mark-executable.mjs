// Gives the built command its executable bit: tsc writes plain files, and `npm link` or a checkout's bin needs it.
import { chmodSync } from 'node:fs';

chmodSync(new URL('../dist/src/cli/main.js', import.meta.url), 0o755);
