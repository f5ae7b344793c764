// The grammar of the command line: subcommands, options, help. What a subcommand does is in the file of its name.
import { styleText } from 'node:util';
import { Command, CommanderError, type HelpConfiguration, Option, type OutputConfiguration } from 'commander';
import { runnerTargets, targetNames, targets } from '../targets.ts';
import { version } from '../version.ts';
import type { BenchFlags } from './bench.ts';
import type { CompileFlags } from './compile.ts';
import { exitCodes } from './exit-codes.ts';
import { guarded } from './guarded.ts';
import type { InspectFlags } from './inspect.ts';
import type { OptFlags } from './opt.ts';
import {
  addQuantizationCommands,
  labelsOption,
  quantizationOptions,
  sampleOptions,
  withOptions,
} from './quantization-commands.ts';
import { reportFailure } from './report.ts';
import type { RunFlags } from './run.ts';
import {
  bindOption,
  dimOption,
  exposeOption,
  jsonOption,
  nameOption,
  signatureOption,
  targetOption,
  wasmOption,
} from './shared-options.ts';

const epilogue = `
Examples:
  int8c inspect kws.tflite
  int8c compile kws.tflite --target c -o out
  int8c compile float.onnx --calibrate samples --target wasm -o out
  int8c quantize float.onnx --data samples -o int8.onnx
  int8c run kws.tflite --input clip.npy -o results
  int8c bench kws.tflite --target wasm,c

Exit codes: 0 done, 1 the input is at fault, 2 the command line is, 70 int8c itself.
'int8c help COMMAND' says more about a command.`;

const compileEpilogue = `
Targets:
${targetNames.map((name) => `  ${name.padEnd(4)} ${targets[name as keyof typeof targets].description}`).join('\n')}

MODEL is a .tflite or .onnx file, or textual IR: net.ir, with net.ir.weights beside it where it has large constants.
Several targets, as in --target c,js, go to a folder each inside DIR.

Examples:
  int8c compile kws.tflite -o out                        out/kws.c, out/kws.h, out/kws.json
  int8c compile kws.tflite -o out --selftest             and out/kws_selftest.c, a main that checks the device
  int8c compile float.onnx --calibrate samples --limit 256 --require-int8 --target wasm -o out
  int8c compile kws.tflite --print-after make-integer    the program as text, after that pass
  int8c compile kws.tflite --target ir -o out            the model as imported, to edit and compile again`;

const runEpilogue = `
Targets: js is the compiled program as JavaScript, wasm as WebAssembly, c the C artifact built with $CC (or cc), interp
the reference interpreter; all give the same bytes.

Inputs are given in order or by name. FILE is NumPy's .npy, an ONNX TensorProto (.pb), or else raw little-endian
elements. Real numbers for a quantized input are quantized. DIR gets out<i>.bin, out<i>.npy and outputs.json, which
holds names, shapes, types and quantization.

Examples:
  int8c run kws.tflite --input clip.npy -o results
  int8c run two.tflite --input left=a.bin right=b.bin --target c -o results`;

const benchEpilogue = `
Targets: wasm (--wasm says which instructions), wgsl, c, js and interp, as for 'int8c run'. Each is one row, and so is
each of several levels of wasm. All rows are measured in turn, round by round; the last column is a row's time divided by
the first row's. Inputs are random, and the same each time. wgsl is timed from arrays to arrays, the others without copies.

Examples:
  int8c bench kws.tflite --target wasm,c,js
  int8c bench kws.tflite --wasm simd,relaxed --profile`;

const inspectEpilogue = `
For a model that int8c cannot compile, everything that stands in the way is listed, and the exit code is 1.`;

const optEpilogue = `
FILE may be any model. Without -o the text goes to stdout, and large constants are named by their hash only; with -o
FILE they are written to FILE.weights. --passes all runs the whole pipeline; no passes print the module as it is.

Example:
  int8c opt net.ir --passes make-integer,fold-constants -o integer.ir`;

/** Help with bold titles, on terminals. */
const help: HelpConfiguration = {
  styleTitle: (title) => styleText('bold', title, { validateStream: false }),
  helpWidth: 100,
};

/** `error: unknown option '--taget'\n(Did you mean --target?)` in the form of all of int8c's messages. */
const output: OutputConfiguration = {
  outputError(text) {
    const [first = '', ...rest] = text
      .trim()
      .replace(/^error: /, '')
      .split('\n');
    const message = `${first.charAt(0).toUpperCase()}${first.slice(1).replace(/\.$/, '')}.`;
    const hint = rest.join(' ').replace(/^\((.*)\)$/, '$1');
    const diagnostic = { code: 'I8C0401', severity: 'error', message } as const;
    reportFailure([hint === '' ? diagnostic : { ...diagnostic, hint }]);
  },
};

/** The title of options of compile that say how a float model is quantized. */
const quantizing = 'Quantizing a float model (int8c help quantize says more):';

function commandLine(): Command {
  const program = new Command('int8c')
    .description(
      'Compiles trained networks into integer programs: TFLite and ONNX in, standalone C, WebAssembly and WGSL out.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    // So that options belong to the subcommand that they follow: `calibrate merge` has an --output of its own.
    .enablePositionalOptions()
    .addHelpText('after', epilogue)
    .configureHelp(help)
    .configureOutput(output)
    .exitOverride();
  const compile = program
    .command('compile')
    .summary('write a model as a program for a target')
    .description('Writes a model as a program for a target, with a manifest (NAME.json).')
    .argument('<model>', 'the model file')
    .addOption(targetOption())
    .option('-o, --output <dir>', 'folder for the files; made when missing', '.')
    .addOption(nameOption())
    .addOption(wasmOption())
    .option('--inline', 'for wasm: the module inside its JavaScript loader, not beside it')
    .option('--selftest', 'also write test vectors and a main that checks them on the device')
    .option('--print-after <pass>', "print the program after this pass, after 'import' or 'loops', or after 'all'");
  withOptions(compile, [
    signatureOption(),
    exposeOption(),
    dimOption(),
    bindOption(),
    jsonOption(),
    new Option('--calibrate <pattern...>', 'quantize the model first, with these samples').helpGroup(quantizing),
    ...[...sampleOptions(), labelsOption(), ...quantizationOptions()].map((option) => option.helpGroup(quantizing)),
  ])
    .addHelpText('after', compileEpilogue)
    .action((model: string, flags: CompileFlags) =>
      guarded(flags.json, async () => (await import('./compile.ts')).compileCommand(model, flags)),
    );
  addQuantizationCommands(program);
  program
    .command('run')
    .summary('run a model on inputs from files')
    .description('Runs a model once, on inputs from files.')
    .argument('<model>', 'the model file')
    .addOption(new Option('-t, --target <name>', 'what runs it').choices([...runnerTargets]).default('js'))
    .option('-i, --input <file...>', 'an input: FILE or NAME=FILE')
    .option('-o, --output <dir>', 'folder for the outputs; without it they are only shown')
    .addOption(wasmOption())
    .addOption(signatureOption())
    .addOption(exposeOption())
    .addOption(dimOption())
    .addOption(bindOption())
    .addOption(jsonOption())
    .addHelpText('after', runEpilogue)
    .action((model: string, flags: RunFlags) =>
      guarded(flags.json, async () => (await import('./run.ts')).runCommand(model, flags)),
    );
  program
    .command('bench')
    .summary('say how fast a model runs here')
    .description('Measures how fast a model runs on this machine, on one target or on several side by side.')
    .argument('<model>', 'the model file')
    .option('-t, --target <names>', 'what to measure; several separated by commas', 'wasm')
    .option('--wasm <levels>', 'instructions for wasm: scalar, simd, relaxed; several separated by commas', 'simd')
    .option('--cflags <flags>', 'flags of the C compiler, separated by spaces; default: -O2')
    .option('--profile', 'also say what each operator takes')
    .option('--rounds <count>', 'timed rounds; default: as many as --time allows, at least 5')
    .option('--time <seconds>', 'how long to measure each row', '2')
    .option('--warmup <seconds>', 'how long to run each row before that', '0.5')
    .addOption(signatureOption())
    .addOption(exposeOption())
    .addOption(dimOption())
    .addOption(bindOption())
    .addOption(jsonOption())
    .addHelpText('after', benchEpilogue)
    .action((model: string, flags: BenchFlags) =>
      guarded(flags.json, async () => (await import('./bench.ts')).benchCommand(model, flags)),
    );
  program
    .command('inspect')
    .summary('say what is in a model, and what it will cost')
    .description('Lists operators, shapes, quantization, multiply-accumulates, memory, and what stays float.')
    .argument('<model>', 'the model file')
    .addOption(signatureOption())
    .addOption(dimOption())
    .addOption(bindOption())
    .addOption(jsonOption())
    .addHelpText('after', inspectEpilogue)
    .action((model: string, flags: InspectFlags) =>
      guarded(flags.json, async () => (await import('./inspect.ts')).inspectCommand(model, flags)),
    );
  program
    .command('opt')
    .summary('run passes over textual IR: text in, text out')
    .description('Runs passes over textual IR: text in, text out.')
    .argument('<file>', 'textual IR')
    .option('-p, --passes <names>', 'passes to run in order, separated by commas', '')
    .option('-o, --output <file>', 'where to write the text')
    .addHelpText('after', optEpilogue)
    .action((file: string, flags: OptFlags) =>
      guarded(false, async () => (await import('./opt.ts')).optCommand(file, flags)),
    );
  return program;
}

/** Parses and runs a command line (without node and script). Resolves to the exit code; nothing is thrown. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    await commandLine().parseAsync(args, { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'int8c.failed') return error.exitCode;
    // Commander has one code for all mistakes; help and version that were asked for are none.
    return error.exitCode === 0 ? exitCodes.done : exitCodes.commandLine;
  }
}
