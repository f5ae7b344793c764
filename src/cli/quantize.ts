// int8c quantize: a float model to an integer one, in a file of the kind that its name says.
import { basename, dirname, extname } from 'node:path';
import type { Rounding } from '../../ir/attributes.ts';
import { fail, quoteName } from '../../ir/diagnostics.ts';
import { importModelFile, weightsPath } from '../files/model-file.ts';
import { writeFiles } from '../files/write-files.ts';
import { exportOnnx, exportTflite } from '../quantization.ts';
import type { Quantized } from '../quantize/quantize.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import { type ImportFlags, importOptions } from './import-flags.ts';
import { type ProgressLine, withProgress } from './progress.ts';
import type { QuantizeFlags } from './quantize-flags.ts';
import { floatNotes, quantizeModel } from './quantize-model.ts';
import { reportDiagnostics } from './report.ts';
import { type SampleFlags, samplesFrom } from './sample-flags.ts';
import { fileLines } from './summary.ts';
import { grouped, print, printJson, styled } from './terminal.ts';

export interface QuantizeCommandFlags extends ImportFlags, SampleFlags, QuantizeFlags {
  readonly data?: readonly string[];
  readonly report?: string;
  readonly output: string;
  readonly json?: true;
}

/** A kind of file that a quantized program is written to. */
interface OutputForm {
  /** The rounding that the file means; any where undefined. */
  readonly rounding?: Rounding;
  /** Where the file has no form of results of 16 bits behind operators on 8. */
  readonly wide?: 'none';
  /** Name to contents. */
  write(quantized: Quantized, fileName: string): Promise<Map<string, Uint8Array>>;
}

const forms: Readonly<Record<string, OutputForm>> = {
  '.onnx': {
    rounding: 'half-even',
    async write({ program }, fileName) {
      return new Map([[fileName, await exportOnnx(program)]]);
    },
  },
  '.tflite': {
    rounding: 'double',
    wide: 'none',
    async write({ program }, fileName) {
      return new Map([[fileName, await exportTflite(program)]]);
    },
  },
  '.ir': {
    async write({ program }, fileName) {
      const [{ printModule }, { encodeResources }] = await Promise.all([
        import('../../ir/printer.ts'),
        import('../../ir/resources.ts'),
      ]);
      const { text, resources } = printModule(program.module());
      const files = new Map<string, Uint8Array>([[fileName, new TextEncoder().encode(text)]]);
      if (resources.size > 0) files.set(weightsPath(fileName), encodeResources(resources));
      return files;
    },
  },
};

export async function quantizeCommand(path: string, given: QuantizeCommandFlags): Promise<void> {
  const form = formOf(given.output);
  const flags = { ...given, ...fixedBy(form, given) };
  const program = await importModelFile(path, await importOptions(flags));
  const { quantized, report } = await withProgress(async (line) => {
    const samples = flags.data === undefined ? undefined : await samplesFrom(flags.data, program.inputs, flags);
    if (flags.report !== undefined && samples === undefined) {
      fail('I8C0401', 'The report compares both networks on samples: it needs --data.');
    }
    const quantized = await quantizeModel(program, samples, flags, line);
    const report =
      samples === undefined || flags.report === undefined ? undefined : await page(quantized, samples, line);
    return { quantized, report };
  });
  const inputs = [path, ...(flags.stats === undefined ? [] : [flags.stats])];
  const contents = await form.write(quantized, basename(flags.output));
  const files = await writeFiles(dirname(flags.output), contents, inputs);
  if (report !== undefined && flags.report !== undefined) {
    files.push(...(await writeFiles(dirname(flags.report), new Map([[basename(flags.report), report]]), inputs)));
  }
  const { name, diagnostics } = quantized.program;
  const notes = [...diagnostics, ...floatNotes(quantized)];
  if (flags.json === true) {
    printJson({ name, float: quantized.float, files, diagnostics: notes });
    return;
  }
  print(`${styled('bold', name, process.stdout)}: ${accountOf(quantized, flags)}`);
  reportDiagnostics(notes);
  for (const text of fileLines(files)) print(text);
}

function formOf(output: string): OutputForm {
  const extension = extname(output).toLowerCase();
  const form = Object.hasOwn(forms, extension) ? forms[extension] : undefined;
  return (
    form ??
    fail('I8C0401', `The name ${quoteName(output)} does not say which kind of file to write.`, {
      hint: `Names end in ${Object.keys(forms).join(', ')}. int8c compile --calibrate writes programs.`,
    })
  );
}

/** What the kind of file leaves no choice about. Throws CompileError I8C0401 where something else was asked for. */
function fixedBy({ rounding, wide }: OutputForm, flags: QuantizeCommandFlags): Partial<QuantizeFlags> {
  const file = quoteName(flags.output);
  if (rounding !== undefined && flags.rounding !== undefined && flags.rounding !== rounding) {
    fail('I8C0401', `What is written to ${file} rounds ${rounding}, not ${flags.rounding}.`, {
      hint: 'Leave out --rounding, or write a .ir file.',
    });
  }
  if (wide !== undefined && flags.wide !== undefined && flags.wide !== wide) {
    fail('I8C0401', `There is no form for results of 16 bits behind operators on 8 in ${file}.`, {
      hint: 'Leave out --wide, or write a .onnx or .ir file.',
    });
  }
  return {
    rounding: rounding ?? flags.rounding ?? 'half-even',
    ...(wide === undefined ? {} : { wide }),
  };
}

async function page(quantized: Quantized, samples: SampleSource, line: ProgressLine): Promise<Uint8Array> {
  const { compareAndReport } = await import('./compare.ts');
  const { html } = await compareAndReport(quantized, samples, line);
  return new TextEncoder().encode(html());
}

/** What became of the network, in a few words. */
function accountOf({ float, statistics, decisions }: Quantized, flags: QuantizeFlags): string {
  if (flags.method === 'keep') return 'quantized as it was';
  if (flags.dynamic === true) return 'integer weights; activations are quantized as it runs';
  if (flags.weightOnly === true) return 'integer weights; computes in floating point';
  const samples = [...statistics.values()].reduce((most, s) => Math.max(most, s.samples), 0);
  const stays = float.length === 1 ? '1 operator stays' : `${grouped(float.length)} operators stay`;
  const account = float.length === 0 ? 'every operator computes in integers' : `${stays} in floating point`;
  const count = decisions.wideResults?.size ?? 0;
  const wide = count === 0 ? '' : `; ${count === 1 ? '1 layer gives' : `${grouped(count)} layers give`} 16 bits`;
  return `${account}${wide}; ranges from ${grouped(samples)} samples`;
}
