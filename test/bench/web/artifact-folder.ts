// Artifacts in a temporary folder that the harness's server hands out as /int8c.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CompileOptions, compile } from '../../../src/index.ts';
import { type Network, readNetwork } from './networks.ts';
import type { Contestant } from './peers.ts';

export interface Artifact {
  readonly contestant: Contestant;
  /** A page that runs it once. */
  readonly firstResult: string;
  readonly macs: number;
  /** File name to contents. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Dispatches of an inference, for WGSL; calls of kernels elsewhere. */
  readonly calls: number;
}

const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** A folder of artifacts, served as /int8c; `remove()` deletes it. */
export class ArtifactFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'int8c-web-'));

  constructor() {
    for (const name of ['int8c-runner.js', 'first-result-peer.html', 'first-result-empty.html']) {
      copyFileSync(beside(name), join(this.path, name));
    }
  }

  /** Compiles a network and puts its files into a folder of their own. */
  async add(network: Network, label: string, options: Omit<CompileOptions, 'name'>): Promise<Artifact> {
    const { files, manifest } = await compile(await readNetwork(network), { ...options, name: 'network' });
    const folder = `${network.golden}-${label.replaceAll(' ', '-')}`;
    mkdirSync(join(this.path, folder));
    for (const [name, contents] of files) writeFileSync(join(this.path, folder, name), contents);
    copyFileSync(beside('first-result.html'), join(this.path, folder, 'first-result.html'));
    const url = `/int8c/${folder}/network.js`;
    const contestant = {
      kind: 'external',
      label,
      module: '/int8c/int8c-runner.js',
      url,
      target: options.target,
    } as const;
    return {
      contestant,
      firstResult: `/int8c/${folder}/first-result.html`,
      macs: manifest.macs,
      files,
      calls: manifest.calls.length,
    };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
