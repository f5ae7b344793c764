// The library face of quantization. What does the work is loaded when it is called, so that `import 'int8c'` stays small.
import { prepareFloat, runPasses } from '../passes/pipeline.ts';
import { tabulateCurves } from '../passes/tabulate-curves.ts';
import type {
  CompareOptions,
  Comparison,
  ProgramPair,
  ReportSource,
  Sensitivity,
  SensitivityOptions,
} from './compare/index.ts';
import type { Program, TensorInfo } from './program.ts';
import type { CalibrationOptions, NetworkStatistics } from './quantize/calibrate.ts';
import type { Quantized, QuantizeOptions } from './quantize/quantize.ts';
import type { OpenSamplesOptions } from './samples/open-samples.ts';
import type { SampleSource } from './samples/sample-source.ts';

/**
 * The samples that `patterns` mean, as feeds of a program's inputs: files, folders and globs, of .npy, .npz, .bin, .png,
 * .jpg, .wav and .pb files. They are read when they are needed.
 *
 * @throws CompileError where there are none, or one does not fit its input.
 */
export async function openSamples(
  patterns: readonly string[],
  inputs: readonly TensorInfo[],
  options: OpenSamplesOptions = {},
): Promise<SampleSource> {
  return (await import('./samples/open-samples.ts')).openSamples(patterns, inputs, options);
}

/**
 * Runs a float program over samples and keeps statistics of its tensors, by their names: what {@link quantize} chooses
 * ranges from. Memory does not depend on the number of samples, nor the result on the number of threads.
 *
 * @throws CompileError I8C0402 for a sample that does not fit the program.
 */
export async function calibrate(
  program: Program,
  samples: SampleSource,
  options: CalibrationOptions = {},
): Promise<NetworkStatistics> {
  const [{ calibrate: run }, { floatNetwork }] = await Promise.all([
    import('./quantize/calibrate.ts'),
    import('./quantize/float-network.ts'),
  ]);
  return run(floatNetwork(program), samples, options);
}

/**
 * An integer program of a float one, with ranges from samples of its inputs. Operators without an integer form stay in
 * f32 and are listed with the reason.
 *
 * @throws CompileError I8C0402 for a sample that does not fit the program, I8C0403 for an operator that it does not have.
 */
export async function quantize(
  program: Program,
  samples: SampleSource,
  options: QuantizeOptions = {},
): Promise<Quantized> {
  return (await import('./quantize/quantize.ts')).quantize(program, samples, options);
}

/**
 * Runs a float program and its quantized form over samples: accuracy where there are labels, errors of outputs and, for
 * what {@link quantize} gave, of every tensor.
 *
 * @throws CompileError I8C0402 where the interfaces of two programs differ.
 */
export async function compare(
  subject: Quantized | ProgramPair,
  samples: SampleSource,
  options: CompareOptions = {},
): Promise<Comparison> {
  return (await import('./compare/index.ts')).compare(subject, samples, options);
}

/** What the quantization of each layer costs the outputs, measured one layer at a time. */
export async function sensitivity(
  { network, decisions }: Quantized,
  samples: SampleSource,
  options: SensitivityOptions = {},
): Promise<Sensitivity> {
  return (await import('./compare/index.ts')).sensitivity(network, decisions, samples, options);
}

/** A comparison as one self-contained page of HTML. */
export async function htmlReport(source: ReportSource): Promise<string> {
  return (await import('./compare/index.ts')).htmlReport(source);
}

/**
 * A quantized program as the bytes of an .onnx file, with QuantizeLinear and DequantizeLinear around each operator. It
 * rounds `half-even`.
 *
 * @throws CompileError I8C0502 with an error for each operator that ONNX has no form of.
 */
export async function exportOnnx(program: Program): Promise<Uint8Array> {
  const { exportOnnx: write } = await import('./export/onnx/export.ts');
  return write(quantizedModule(program), { name: program.name });
}

/**
 * A quantized program as the bytes of a .tflite file. It rounds `double`.
 *
 * @throws CompileError I8C0502 with an error for each operator that TensorFlow Lite has no form of.
 */
export async function exportTflite(program: Program): Promise<Uint8Array> {
  const { exportTflite: write } = await import('./export/tflite/export.ts');
  return write(quantizedModule(program), { name: program.name });
}

/** Operators on quantized types: what exporters take. Formats have no tables, but the operators that become such. */
function quantizedModule(program: Program) {
  const module = program.module();
  runPasses(module, { passes: prepareFloat.filter((pass) => pass !== tabulateCurves) });
  return module;
}
