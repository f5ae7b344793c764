// What one inference costs in energy, estimated from published costs of single operations.
//
// Source: M. Horowitz, "Computing's energy problem (and what we can do about it)", IEEE ISSCC 2014, pages 10 to 14: rough
// costs in 45 nm CMOS at 0.9 V. The ratios say more than the sums: a core also fetches and decodes instructions, and
// today's processes need a fraction of all of them.

/** Costs in pJ. */
export const horowitz = {
  source: 'M. Horowitz, "Computing\'s energy problem (and what we can do about it)", ISSCC 2014; 45 nm, 0.9 V',
  add: { i8: 0.03, i32: 0.1, f32: 0.9 },
  multiply: { i8: 0.2, i32: 3.1, f32: 3.7 },
  /** 64 bits from a cache of 8 KB. */
  sram64: 10,
  /** 64 bits from DRAM: from 1.3 to 2.6 nJ. */
  dram64: { low: 1300, high: 2600 },
} as const;

/**
 * One multiply-accumulate in pJ. Products of 8 bits are summed up in 32. A product of 16 and 8 bits, which the source does
 * not have, is taken as two of 8 and 8 bits and one more sum.
 */
const perMac = {
  i8: horowitz.multiply.i8 + horowitz.add.i32,
  i16: 2 * horowitz.multiply.i8 + 2 * horowitz.add.i32,
  f32: horowitz.multiply.f32 + horowitz.add.f32,
} as const;

/** Multiply-accumulates by what they multiply: 8 bits with 8, 16 with 8, floats. */
export type MacsByPrecision = Readonly<Record<keyof typeof perMac, number>>;

/** Energy of one inference in nJ. */
export interface EnergyEstimate {
  /** Multiplications and additions. */
  readonly arithmetic: number;
  /** Weights and activations read and written once per kernel call, all in SRAM of 8 KB. */
  readonly memory: number;
  /** What reading the constants from DRAM instead would cost, at least and at most. */
  readonly constantsFromDram: { readonly low: number; readonly high: number };
}

/** @param constants bytes of weights and tables; @param traffic bytes that the kernel calls read and write, constants among them */
export function energyOf(macs: MacsByPrecision, constants: number, traffic: number): EnergyEstimate {
  const arithmetic = macs.i8 * perMac.i8 + macs.i16 * perMac.i16 + macs.f32 * perMac.f32;
  const words = constants / 8;
  return {
    arithmetic: arithmetic / 1000,
    memory: (traffic / 8) * (horowitz.sram64 / 1000),
    constantsFromDram: { low: (words * horowitz.dram64.low) / 1000, high: (words * horowitz.dram64.high) / 1000 },
  };
}
