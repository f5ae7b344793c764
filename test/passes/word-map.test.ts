// Maps scheduled for machines that store words: the same results as the plain loops, and every word owned by one
// invocation.
import { expect, it } from 'vitest';
import { launchOf } from '../../backends/wgsl/launch.ts';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import { runKernel } from '../../ir/loops/interpreter.ts';
import type { Kernel } from '../../ir/loops/kernel.ts';
import { kernelRanges } from '../../ir/loops/ranges.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { assertKernelVerified } from '../../ir/loops/verifier.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { wgsl } from '../../passes/schedule/isa.ts';
import { schedulePlain } from '../../passes/schedule/plain.ts';
import { scheduleKernel } from '../../passes/schedule/schedule.ts';
import { randomNumbers } from '../ops/operator-runs.ts';
import { type RandomMapLowering, randomMapLowering } from './random-map-lowering.ts';

function plain({ map, contents }: RandomMapLowering): Kernel {
  const b = new LoopBuilder();
  schedulePlain(b, map);
  return b.finish('plain', '', [...contents.keys()]);
}

function scheduled({ map }: RandomMapLowering): Kernel {
  const none = () => expect.fail('a map has no memory of its own');
  return scheduleKernel(map, wgsl, {
    ...{ name: 'words', comment: '', contents: () => undefined },
    ...{ constant: none, scratch: none },
  }).kernel;
}

function run(kernel: Kernel, { contents }: RandomMapLowering, reverseParallel: boolean): Map<Buffer, TensorArray> {
  const memory = new Map(Array.from(contents, ([buffer, array]) => [buffer, array.slice()] as const));
  runKernel(kernel, memory, [], { reverseParallel });
  return memory;
}

it('computes what the plain loops do', () => {
  const random = randomNumbers(11);
  for (let n = 0; n < 300; n++) {
    const made = randomMapLowering(random);
    const kernel = scheduled(made);
    assertKernelVerified(kernel);
    expect(run(kernel, made, n % 2 === 1), `map ${n}`).toEqual(run(plain(made), made, false));
  }
});

it('gives every word of a dense result to one invocation', () => {
  const random = randomNumbers(12);
  let launched = 0;
  for (let n = 0; n < 300; n++) {
    const made = randomMapLowering(random);
    if (made.map.place !== undefined) continue;
    const kernel = scheduled(made);
    const launch = launchOf(kernel, kernelRanges(kernel), () => 16);
    expect(launch.atomic, `map ${n}`).toBe(false);
    if (launch.invocations > 1) launched++;
  }
  expect(launched).toBeGreaterThan(50);
});
