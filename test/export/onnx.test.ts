// Networks written as ONNX and read back: the same bytes, channels first throughout, and all that has no form named.
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { exportOnnx } from '../../src/export/onnx/export.ts';
import { importNetwork, networks } from './networks.ts';
import { distanceOfRoundTrip, quantizedForm } from './round-trips.ts';

/** What has no form, with the operators that the error names. */
const refused: Readonly<Record<string, readonly string[]>> = {
  dtln_noise_suppression: ['lstm'],
  // Feature and time filters with integers of their own between them.
  keyword_scrambled: ['fully_connected', 'requantize', 'svdf', 'quantize'],
  // i16 to i32, which QuantizeLinear does not give.
  seanet_quantize1: ['quantize'],
  trained_lstm_int8: ['lstm'],
};

const nodesOf = (file: Uint8Array) => fromBinary(ModelProtoSchema, file).graph?.node ?? [];

describe.skipIf(networks.length === 0)('as ONNX', () => {
  it.each(networks.filter(([name]) => refused[name] === undefined))('%s comes back', async (_, path) => {
    const program = await importNetwork(path);
    const file = exportOnnx(quantizedForm(program), { name: 'network' });
    expect(await distanceOfRoundTrip(() => quantizedForm(program), 'onnx', file)).toBe(0);
  });

  it.each(networks.filter(([name]) => name.startsWith('onnx')))('%s transposes nothing', async (_, path) => {
    const file = exportOnnx(quantizedForm(await importNetwork(path)), { name: 'network' });
    expect(nodesOf(file).filter(({ opType }) => opType === 'Transpose')).toEqual([]);
  });

  it.each(networks.filter(([name]) => refused[name] !== undefined))('%s is refused as a whole', async (name, path) => {
    const module = quantizedForm(await importNetwork(path));
    const { diagnostics } = (() => {
      try {
        exportOnnx(module, { name: 'network' });
      } catch (error) {
        if (error instanceof CompileError) return error;
      }
      throw new Error('it was written');
    })();
    const named = diagnostics.map(({ message }) => /operator (\w+) here/.exec(message)?.[1]);
    expect(diagnostics.every(({ code }) => code === 'I8C0502')).toBe(true);
    expect(new Set(named)).toEqual(new Set(refused[name]));
  });
});
