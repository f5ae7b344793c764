// Builds a compiled network and its self-test as firmware, and runs it on an emulated board.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { strictFlags } from '../../src/runners/c.ts';
import { hasCompiler } from '../c-compiler.ts';
import type { Board } from './boards.ts';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('.', import.meta.url));
const cc = 'arm-none-eabi-gcc';
const emulator = 'qemu-system-arm';

/** Whether this machine can build and run firmware; in CI it must. */
export function canRunFirmware(): boolean {
  return hasCompiler(cc) && hasCompiler(emulator);
}

export interface Sizes {
  /** Instructions of the network, without the self-test and the start-up code. */
  readonly code: number;
  /** Weights and tables. */
  readonly constants: number;
  /** Arena and state. */
  readonly data: number;
}

export interface FirmwareRun {
  /** What the self-test's main returned: 0 when every output is as expected. */
  readonly status: number;
  /** Deepest stack in bytes, from reset on. */
  readonly stack: number;
  /** What QEMU wrote, its plugins included. */
  readonly log: string;
}

export class Firmware {
  private readonly directory: string;
  private readonly board: Board;
  private readonly network: readonly string[];

  private constructor(directory: string, board: Board, network: readonly string[]) {
    this.directory = directory;
    this.board = board;
    this.network = network;
  }

  /** Builds the files of an artifact, among them `NAME_selftest.c`. */
  static async build(
    files: ReadonlyMap<string, string | Uint8Array>,
    board: Board,
    optimization = '-O2',
  ): Promise<Firmware> {
    const directory = await mkdtemp(join(tmpdir(), 'int8c-firmware-'));
    for (const [name, contents] of files) await writeFile(join(directory, name), contents);
    const sources = [...files.keys()].filter((name) => name.endsWith('.c'));
    const compile = async (source: string, flags: readonly string[]) => {
      const object = join(directory, source.replace(/^.*\//, '').replace(/\.c$/, '.o'));
      await run(cc, [...board.flags, '-mthumb', ...flags, '-c', source, '-o', object], { cwd: directory });
      return object;
    };
    const macro = sources
      .find((s) => s.endsWith('_selftest.c'))
      ?.replace('.c', '_QUIET')
      .toUpperCase();
    const objects = await Promise.all([
      compile(join(folder, 'startup.c'), [...strictFlags, '-O2']),
      ...sources.map((source) => compile(source, [...strictFlags, optimization, `-D${macro}`])),
    ]);
    const linking = ['-nostartfiles', '-T', board.linkerScript, '-L', folder, '-lm', '-o', 'firmware.elf'];
    await run(cc, [...board.flags, '-mthumb', ...objects, ...linking], { cwd: directory });
    const network = objects.filter((o) => !o.endsWith('startup.o') && !o.endsWith('_selftest.o'));
    return new Firmware(directory, board, network);
  }

  /** Sizes of the network's object files. */
  async sizes(): Promise<Sizes> {
    const { stdout } = await run('arm-none-eabi-size', ['-A', ...this.network]);
    const total = (section: RegExp) =>
      [...stdout.matchAll(/^\.(\S+)\s+(\d+)/gm)].reduce(
        (n, [, name, size]) => n + (section.test(name!) ? Number(size) : 0),
        0,
      );
    return { code: total(/^text/), constants: total(/^rodata|^data/), data: total(/^bss/) };
  }

  /** First and last address of the network's instructions and of those that it calls. */
  async networkAddresses(): Promise<readonly [number, number]> {
    const { stdout } = await run('arm-none-eabi-nm', [join(this.directory, 'firmware.elf')]);
    const address = (symbol: string) => {
      const found = new RegExp(`^([0-9a-f]+) \\w ${symbol}$`, 'm').exec(stdout)?.[1];
      if (found === undefined) throw new Error(`the firmware has no symbol ${symbol}`);
      return Number.parseInt(found, 16);
    };
    return [address('network_start'), address('network_end')];
  }

  /** Runs it from reset to the end of main. `extra`: further options of QEMU. */
  async run(extra: readonly string[] = []): Promise<FirmwareRun> {
    const machine = ['-M', this.board.machine, '-nographic', '-semihosting-config', 'enable=on,target=native'];
    const args = [...machine, '-kernel', 'firmware.elf', ...extra];
    const { status, log } = await run(emulator, args, { cwd: this.directory, timeout: 120_000 }).then(
      ({ stdout, stderr }) => ({ status: 0, log: stdout + stderr }),
      (error: { code?: unknown; stdout: string; stderr: string }) => {
        if (typeof error.code !== 'number') throw error;
        return { status: error.code, log: error.stdout + error.stderr };
      },
    );
    const stack = /^stack: (\d+)$/m.exec(log)?.[1];
    if (stack === undefined) throw new Error(`the firmware did not reach its end:\n${log}`);
    return { status, stack: Number(stack), log };
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}
