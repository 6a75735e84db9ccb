// Before every test file: property tests draw from a fixed seed, so that a change is judged by what it changes. Another
// seed looks elsewhere: FC_SEED=7 npm run unit.

import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 20_061_522) });
