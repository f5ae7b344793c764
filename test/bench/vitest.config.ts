// `npm run bench`: benches are measured and printed, never judged, so they are not among the tests.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/bench/*.bench.ts'],
    testTimeout: 1_200_000,
    pool: 'forks',
    // One at a time, and what they print as it is.
    fileParallelism: false,
    disableConsoleIntercept: true,
    // The web peers' harness is run as it is: functions of it are handed to pages.
    server: { deps: { external: [/\/int8c\/web-peers\//] } },
  },
});
