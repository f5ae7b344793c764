// Preloaded into the command with --import: appends the URL of every module that is loaded to the file that
// INT8C_LOADED_MODULES names.
import { appendFileSync } from 'node:fs';
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

// The file is preloaded into the hooks' own thread too.
if (isMainThread) register(import.meta.url);

export async function load(url, context, nextLoad) {
  appendFileSync(process.env.INT8C_LOADED_MODULES, `${url}\n`);
  return nextLoad(url, context);
}
