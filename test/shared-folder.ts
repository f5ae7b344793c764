// Where tests find the given models and data: the folder INT8C_SHARED names, by default beside the repository.

import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));

/** The folder of given data; it may be absent, in which case tests that need it skip themselves. */
export const sharedFolder = resolve(repository, process.env.INT8C_SHARED ?? '../shared');

/** Whether the given data has a file or folder at `parts`. */
export function hasShared(...parts: string[]): boolean {
  return existsSync(join(sharedFolder, ...parts));
}

/** Path of a file in the given data. */
export function sharedPath(...parts: string[]): string {
  return join(sharedFolder, ...parts);
}

/** Names in a folder of the given data, sorted; none when it is absent. */
export function listShared(...parts: string[]): string[] {
  return hasShared(...parts) ? readdirSync(sharedPath(...parts)).sort() : [];
}
