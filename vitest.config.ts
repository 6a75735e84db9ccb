// Two tiers of tests. `unit` runs the sources as they are and takes milliseconds a test; `integration` runs what
// `npm run build` left in dist/ (worker threads and commands are started from there). Two files run at a time: on two cores tests of
// faults mostly wait (for leases, pauses, servers), others compute. The third tier, test/validation, is statistical, takes minutes and is no vitest
// project: see `npm run validate`.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/validation/**'],
          setupFiles: ['test/setup.ts'],
          // For busy machines: no test asserts a time.
          testTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          setupFiles: ['test/setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          // After the unit tests, not beside them.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
