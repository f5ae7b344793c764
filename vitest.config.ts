import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Generated C and JavaScript of whole networks take seconds, not milliseconds.
    testTimeout: 60_000,
    pool: 'forks',
    // Otherwise two cores give one worker, and the whole suite takes twice as long.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
