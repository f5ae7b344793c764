// int8c opt: passes over a module, text in, text out.
import { basename, dirname } from 'node:path';
import { CompileError, fail, internalError, quoteName } from '../../ir/diagnostics.ts';
import { printModule } from '../../ir/printer.ts';
import { encodeResources } from '../../ir/resources.ts';
import { didYouMean } from '../../ir/spelling.ts';
import { verifyModule } from '../../ir/verifier.ts';
import type { Pass } from '../../passes/pass.ts';
import { passNamed, passNames, pipeline, runPasses } from '../../passes/pipeline.ts';
import { importModelFile, weightsPath } from '../files/model-file.ts';
import { writeFiles } from '../files/write-files.ts';
import { reportDiagnostics } from './report.ts';
import { print, printAside } from './terminal.ts';

export interface OptFlags {
  readonly passes: string;
  readonly output?: string;
}

export async function optCommand(path: string, flags: OptFlags): Promise<void> {
  const passes = passesNamed(flags.passes);
  const program = await importModelFile(path);
  const module = program.module();
  runPasses(module, {
    passes,
    report: (diagnostic) => reportDiagnostics([diagnostic]),
    after: (pass) => {
      const problems = verifyModule(module);
      if (problems.length > 0) internalError(`${pass.name}: ${new CompileError(problems).message}`);
    },
  });
  const { text, resources } = printModule(module);
  if (flags.output === undefined) {
    process.stdout.write(text);
    if (resources.size > 0) printAside(`The text names ${resources.size} constants by hash; -o FILE writes them too.`);
    return;
  }
  const name = basename(flags.output);
  const files = new Map<string, Uint8Array>([[name, new TextEncoder().encode(text)]]);
  if (resources.size > 0) files.set(weightsPath(name), encodeResources(resources));
  for (const file of await writeFiles(dirname(flags.output), files)) print(`wrote ${file.path}`);
}

/** The passes of a list separated by commas, in its order; `all` is the pipeline. */
function passesNamed(list: string): Pass[] {
  const names = list.split(',').map((name) => name.trim());
  return names
    .filter((name) => name !== '')
    .flatMap((name) => {
      if (name === 'all') return pipeline;
      const known = [...passNames(), 'all'];
      const hint = didYouMean(name, known) ?? `The passes are ${known.join(', ')}.`;
      return [passNamed(name) ?? fail('I8C0401', `There is no pass ${quoteName(name)}.`, { hint })];
    });
}
