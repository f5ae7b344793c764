import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Generated C and JavaScript of whole networks take seconds, not milliseconds.
    testTimeout: 60_000,
    pool: 'forks',
  },
});
