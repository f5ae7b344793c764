// Counts the instructions that a firmware's network executes, with the QEMU plugin among the given data.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasShared, sharedPath } from '../shared-folder.ts';
import type { Firmware } from './firmware.ts';

const source = ['tools', 'icount_plugin.c'] as const;

export class InstructionCounter {
  private readonly folder = mkdtempSync(join(tmpdir(), 'int8c-plugin-'));
  private readonly plugin = join(this.folder, 'instructions.so');

  static isAvailable(): boolean {
    return hasShared(...source);
  }

  constructor() {
    execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-w', sharedPath(...source), '-o', this.plugin]);
  }

  /** Instructions from reset to exit that lie in the network or in what it calls. */
  async count(firmware: Firmware): Promise<number> {
    const [first, end] = await firmware.networkAddresses();
    const range = `r=network:0x${first.toString(16)}:0x${end.toString(16)}`;
    const { status, log } = await firmware.run(['-plugin', `${this.plugin},${range}`]);
    const found = /^PLUGIN network insns=(\d+)/m.exec(log)?.[1];
    if (status !== 0 || found === undefined) throw new Error(`no count: the firmware ended with ${status}\n${log}`);
    return Number(found);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
