// The Cortex-M boards that QEMU emulates and tests use: a core's compiler flags, its machine and its linker script.

export interface Board {
  readonly core: string;
  readonly machine: string;
  readonly linkerScript: string;
  readonly flags: readonly string[];
}

const hardFloat = (core: string, unit: string) => [`-mcpu=${core}`, `-mfpu=${unit}`, '-mfloat-abi=hard'];

export const boards = {
  /** Code for the smallest core, on a larger one that runs the same instructions: QEMU's Cortex-M0 has 16 KB of RAM. */
  m0: { core: 'Cortex-M0', machine: 'mps2-an385', linkerScript: 'mps2.ld', flags: ['-mcpu=cortex-m0'] },
  m4: {
    core: 'Cortex-M4',
    machine: 'mps2-an386',
    linkerScript: 'mps2.ld',
    flags: hardFloat('cortex-m4', 'fpv4-sp-d16'),
  },
  m7: { core: 'Cortex-M7', machine: 'mps2-an500', linkerScript: 'mps2.ld', flags: hardFloat('cortex-m7', 'fpv5-d16') },
  m55: {
    core: 'Cortex-M55',
    machine: 'mps3-an547',
    linkerScript: 'mps3-an547.ld',
    flags: ['-mcpu=cortex-m55', '-mfloat-abi=hard'],
  },
} as const satisfies Record<string, Board>;
