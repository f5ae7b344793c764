// Options that several subcommands have.
import { Option } from 'commander';

export const targetOption = () =>
  new Option('-t, --target <name>', 'what to write; several separated by commas').default('c');
export const nameOption = () =>
  new Option('-n, --name <name>', 'name of files and prefix of identifiers; default: from MODEL');
export const wasmOption = () =>
  new Option('--wasm <level>', 'instructions for wasm').choices(['scalar', 'simd', 'relaxed']).default('simd');
export const signatureOption = () => new Option('--signature <key>', 'which signature of a TFLite model to take');
export const exposeOption = () =>
  new Option('--expose <name...>', "tensors to return too: names, #index (TFLite), or 'all'");
export const dimOption = () =>
  new Option('--dim <name=extent...>', 'extents of open dimensions of an ONNX model; others are 1');
export const bindOption = () =>
  new Option('--bind <name=value...>', 'inputs of an ONNX model to fix: numbers, [lists], .npy or .pb files');
export const jsonOption = () => new Option('--json', 'print JSON to stdout, and nothing else');
