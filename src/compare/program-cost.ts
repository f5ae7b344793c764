// What a program costs: bytes, multiply-accumulates, energy, and where its tensors lie in the arena.
import type { LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import type { Func, Op } from '../../ir/module.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { lowerModule } from '../compile.ts';
import { type Manifest, manifestOf } from '../manifest.ts';
import type { Program } from '../program.ts';
import { version } from '../version.ts';
import { type EnergyEstimate, energyOf, type MacsByPrecision } from './energy.ts';

/** A buffer of the arena: its place, and the calls (by index) between which its contents matter, both included. */
export interface PlannedBuffer {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Cost of the program as portable C has it; targets with wider instructions pack and pad differently. */
export interface ProgramCost {
  readonly bytes: Manifest['bytes'];
  readonly macs: number;
  readonly macsByPrecision: MacsByPrecision;
  readonly energy: EnergyEstimate;
  readonly calls: Manifest['calls'];
  readonly memory: readonly PlannedBuffer[];
}

export function programCost(program: Program): ProgramCost {
  const module = program.module();
  const { loops, macs } = lowerModule(module, { name: program.name });
  const { bytes, calls } = manifestOf({
    program: loops,
    compiler: `int8c ${version}`,
    target: '',
    sourceHash: program.sourceHash,
    macs,
  });
  const macsByPrecision = countMacs(module.entry);
  const energy = energyOf(macsByPrecision, bytes.constants, trafficOf(loops));
  return { bytes, macs, macsByPrecision, energy, calls, memory: plannedBuffers(loops) };
}

function countMacs(func: Func): MacsByPrecision {
  const counts = { i8: 0, i16: 0, f32: 0 };
  for (const op of func.ops) counts[multiplied(op)] += op.definition.macs?.(op) ?? 0;
  return counts;
}

/** By the widest of what an operator computes from. */
function multiplied(op: Op): keyof MacsByPrecision {
  const elements = op.operands.map((v) => v?.type.element);
  if (elements.includes('f32') || elements.includes('f16')) return 'f32';
  return elements.includes('i16') ? 'i16' : 'i8';
}

/** Bytes that the calls touch when each reads or writes every one of its buffers once. */
function trafficOf({ calls }: LoopProgram): number {
  let bytes = 0;
  for (const { args } of calls) {
    for (const storage of new Set(args.map((a) => a.storage))) bytes += bytesOf(storage);
  }
  return bytes;
}

const bytesOf = ({ length, element }: Storage) => length * bytesPerElement(element);

function plannedBuffers({ calls, arena }: LoopProgram): PlannedBuffer[] {
  const lives = new Map<Storage, { first: number; last: number }>();
  calls.forEach(({ args }, i) => {
    for (const { storage } of args) {
      const life = lives.get(storage);
      if (life === undefined) lives.set(storage, { first: i, last: i });
      else life.last = i;
    }
  });
  return [...arena.offsets].flatMap(([storage, offset]) => {
    const life = lives.get(storage);
    return life === undefined ? [] : [{ name: storage.name, offset, bytes: bytesOf(storage), ...life }];
  });
}
