// int8c run: a model once, on inputs from files.
import type { WasmFeatures } from '../../backends/wasm/features.ts';
import { type Diagnostic, internalError, quoteName } from '../../ir/diagnostics.ts';
import { bytesOf, type TensorArray } from '../../ir/tensor-data.ts';
import type { TensorType } from '../../ir/types.ts';
import { assignFiles } from '../files/assign-inputs.ts';
import { loadInput } from '../files/load-input.ts';
import { importModelFile } from '../files/model-file.ts';
import { encodeNpy } from '../files/npy.ts';
import { writeFiles } from '../files/write-files.ts';
import { jsonText } from '../json-text.ts';
import { type TensorManifest, tensorManifest } from '../manifest.ts';
import { createRunner } from '../runner.ts';
import type { RunnerTarget } from '../targets.ts';
import { tensorRows } from './describe-tensors.ts';
import { type ImportFlags, importOptions } from './import-flags.ts';
import { reportDiagnostics } from './report.ts';
import { columns, print, printJson } from './terminal.ts';

export interface RunFlags extends ImportFlags {
  readonly target: RunnerTarget;
  readonly wasm: WasmFeatures;
  readonly input?: readonly string[];
  readonly output?: string;
  readonly json?: true;
}

export async function runCommand(path: string, flags: RunFlags): Promise<void> {
  const program = await importModelFile(path, await importOptions(flags));
  const paths = await assignFiles(program.inputs, flags.input ?? []);
  const diagnostics: Diagnostic[] = [...program.diagnostics];
  const feeds: [string, TensorArray][] = [];
  for (const [i, input] of program.inputs.entries()) {
    const { data, note } = await loadInput(input, paths[i] ?? '');
    feeds.push([input.name, data]);
    if (note !== undefined) diagnostics.push(note);
  }
  const runner = await createRunner(program, { target: flags.target, wasm: flags.wasm });
  let results: Record<string, TensorArray>;
  try {
    results = await runner.run(Object.fromEntries(feeds));
  } finally {
    await runner.close();
  }
  const outputs = program.outputs.map(({ name, type }, i) => outputOf(i, name, type, results[name]));
  if (flags.output !== undefined) await writeFiles(flags.output, filesOf(outputs), [path, ...paths]);
  if (flags.json === true) {
    printJson({ outputs: outputs.map((o) => o.description), diagnostics });
    return;
  }
  reportDiagnostics(diagnostics);
  const descriptions = outputs.map((o) => o.description);
  for (const line of columns(tensorRows('output', descriptions))) print(line);
  for (const output of outputs) for (const line of valueLines(output)) print(line);
  if (flags.output !== undefined) print(`wrote ${2 * outputs.length + 1} files to ${flags.output}`);
}

interface Output {
  readonly type: TensorType;
  readonly data: TensorArray;
  /** What `outputs.json` says of it. */
  readonly description: TensorManifest & { readonly bin: string; readonly npy: string };
}

function outputOf(i: number, name: string, type: TensorType, data: TensorArray | undefined): Output {
  if (data === undefined) return internalError(`the runner gave no output ${quoteName(name)}`);
  const { element, shape, quant } = type;
  const tensor = quant === undefined ? { name, shape } : { name, shape, quant };
  return {
    type,
    data,
    description: { ...tensorManifest(element, tensor), bin: `out${i}.bin`, npy: `out${i}.npy` },
  };
}

function filesOf(outputs: readonly Output[]): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const { type, data, description } of outputs) {
    files.set(description.bin, bytesOf(data));
    files.set(description.npy, encodeNpy(type.element, data, type.shape));
  }
  const text = jsonText(outputs.map((o) => o.description));
  return files.set('outputs.json', new TextEncoder().encode(text));
}

/** Elements that are shown of an output. */
const shownElements = 12;

/** The first elements, as real numbers too where they are quantized, and where the largest is. */
function valueLines({ type, data, description: { name } }: Output): string[] {
  const { quant } = type;
  const stored = Array.from(data.subarray(0, shownElements) as ArrayLike<number | bigint>);
  const more = data.length > shownElements ? ', ...' : '';
  const lines = [`${quoteName(name)}: [${stored.join(', ')}${more}]`];
  if (quant !== undefined && quant.axis === undefined) {
    const reals = stored.map((q) => ((Number(q) - quant.zero[0]!) * quant.scale[0]!).toPrecision(4));
    lines.push(`  as real numbers: [${reals.join(', ')}${more}]`);
  }
  if (data.length > 1 && data.length === type.shape.at(-1)) {
    lines.push(`  the largest is element ${indexOfLargest(data)}`);
  }
  return lines;
}

function indexOfLargest(data: TensorArray): number {
  let best = 0;
  for (let i = 1; i < data.length; i++) if (data[i]! > data[best]!) best = i;
  return best;
}
