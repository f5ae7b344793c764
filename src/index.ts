// The library face of int8c.

export type { WasmFeatures } from '../backends/wasm/features.ts';
export {
  CompileError,
  type Diagnostic,
  type DiagnosticCode,
  formatDiagnostic,
  type Severity,
} from '../ir/diagnostics.ts';
export type { TensorArray, TensorData } from '../ir/tensor-data.ts';
export type { ElementType, Quantization, TensorType } from '../ir/types.ts';
export { type Bench, type BenchOptions, type BenchResult, bench } from './bench/bench.ts';
export type { OperatorTime } from './bench/profile.ts';
export type { Spread } from './bench/statistics.ts';
export type {
  CompareOptions,
  Comparison,
  LayerComparison,
  OutputComparison,
  ProgramPair,
  ReportSource,
  Sensitivity,
  SensitivityOptions,
} from './compare/index.ts';
export { type Compiled, type CompileOptions, compile } from './compile.ts';
export type { FloatOperator } from './float-operators.ts';
export type { Manifest, TensorManifest } from './manifest.ts';
export {
  detectFormat,
  type ImportOptions,
  importModel,
  type ModelFormat,
  type Program,
  type TensorInfo,
} from './program.ts';
export {
  calibrate,
  compare,
  exportOnnx,
  exportTflite,
  htmlReport,
  openSamples,
  quantize,
  sensitivity,
} from './quantization.ts';
export type { CalibrationOptions, CalibrationProgress, NetworkStatistics } from './quantize/calibrate.ts';
export type { Method } from './quantize/estimators/methods.ts';
export type { QuantizationProgress, Quantized, QuantizeOptions } from './quantize/quantize.ts';
export type { TensorStatistics } from './quantize/tensor-statistics.ts';
export { createRunner, type Feeds, type Runner, type RunnerOptions } from './runner.ts';
export type { OpenSamplesOptions } from './samples/open-samples.ts';
export { type SampleSource, samplesOf } from './samples/sample-source.ts';
export type { RunnerTarget, TargetName } from './targets.ts';
export { version } from './version.ts';
