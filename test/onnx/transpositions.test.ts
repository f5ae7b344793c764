// How many transpositions the passes leave of those that importing ONNX models writes: none between convolutions.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Op } from '../../ir/module.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { type ImportOptions, importModel } from '../../src/index.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';
import { realNetworks } from './real-networks.ts';

/**
 * At most these are left: one for an image that comes channels first, one for a result, and those of the networks' own.
 */
const given: Readonly<Record<string, number>> = {
  ad01_float: 0,
  kws_dscnn_float: 0,
  kws_dscnn_external: 0,
  kws_dscnn_fp16: 0,
  kws_dscnn_qdq: 0,
  resnet8_float: 1,
  resnet8_float_nhwc: 1,
  resnet8_qdq: 1,
};
const real: Readonly<Record<string, number>> = {
  autoencoder1d: 4, // images, and flattening to and from its code
  basic_pitch_onnx: 0,
  blazeface_front: 0,
  cct_2_32_128: 9, // image, and four for the heads of each of two attentions
  dtln_1_onnx: 0,
  light_resnet50: 1,
  light_squeezenet: 1,
  mnist_cntk: 1,
  ppocr_v4_det: 1,
  silero_vad_op18_ifless: 0,
  silero_vad_v5: 0,
  super_resolution: 1, // depth to space
  tinyvit_demo: 1,
  ultraface_rfb320: 1,
  yolox_nano: 1,
  yunet_n_320: 1,
};

async function compiled(folder: string, name: string, options: Partial<ImportOptions> = {}): Promise<Op[]> {
  const readExternal = (location: string, offset: number, length?: number) =>
    readFileSync(sharedPath('models', folder, location)).subarray(offset, length && offset + length);
  const bytes = readFileSync(sharedPath('models', folder, `${name}.onnx`));
  const module = (await importModel(bytes, { readExternal, ...options })).module();
  runPasses(module);
  return module.entry.ops;
}

const countOf = (ops: readonly Op[], ...names: string[]) =>
  ops.filter((op) => names.includes(op.definition.name)).length;

describe.skipIf(!hasShared('models', 'onnx'))('transpositions left', () => {
  it.each(Object.entries(given))('of %s: at most %i', async (name, most) => {
    expect(countOf(await compiled('onnx', name), 'transpose')).toBeLessThanOrEqual(most);
  });

  it.each(Object.entries(real))('of %s: at most %i', async (name, most) => {
    const network = realNetworks.find((n) => n.name === name);
    expect(countOf(await compiled('real', name, network?.options), 'transpose')).toBeLessThanOrEqual(most);
  });

  it('are asserted of every network', () => {
    expect(Object.keys(real).sort()).toEqual(realNetworks.map((n) => n.name).sort());
  });
});

describe.skipIf(!hasShared('models', 'onnx'))('batch normalizations and activations', () => {
  it('fold into the convolutions of a network without residuals', async () => {
    expect(countOf(await compiled('onnx', 'kws_dscnn_float'), 'mul', 'add', 'clamp')).toBe(0);
  });

  it.each(['resnet8_float', 'resnet8_float_nhwc'])('leave %s its three residual additions', async (name) => {
    const ops = await compiled('onnx', name);
    expect(countOf(ops, 'mul', 'clamp')).toBe(0);
    expect(countOf(ops, 'add')).toBe(3);
  });
});
