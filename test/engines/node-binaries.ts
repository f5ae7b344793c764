// Executables of other versions of Node, from npm's package `node`, kept in a cache folder of the user's: the one that
// INT8C_NODE_CACHE names, or int8c/node in the folder for caches.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const caches = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const cache = process.env.INT8C_NODE_CACHE ?? join(caches, 'int8c', 'node');

/** The path of an executable of a major version; it is installed where the cache lacks it. */
export function nodeBinary(major: number): string {
  const folder = join(cache, String(major));
  const binary = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', `node@${major}`];
  execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (!existsSync(binary)) throw new Error(`npm installed no executable ${binary}`);
  return binary;
}
