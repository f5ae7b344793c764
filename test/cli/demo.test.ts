// `npm run demo` does what README says, in any folder.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository, temporaryFolder } from './int8c.ts';

const folder = temporaryFolder();

test('the demo compiles, runs and measures the example', () => {
  const demo = join(repository, 'dist/src/demo/demo.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [demo], { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(readdirSync(join(folder, 'out/demo'))).toContain('shapes_int8.c');
  expect(stdout).toContain('On 64 of 64 samples');
  expect(stdout).toMatch(/it is right for 9\d\.\d %; as float, for 9\d\.\d %\./);
});
