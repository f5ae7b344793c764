// `npm run test:engines`: tests that need other versions of Node, and the network to get them.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/engines/*.engines.ts'],
    testTimeout: 60_000,
    pool: 'forks',
    disableConsoleIntercept: true,
  },
});
