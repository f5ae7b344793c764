// --print-after: the text of the program after the stages that were asked for.
import { fail, quoteName } from '../../ir/diagnostics.ts';
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import type { Module } from '../../ir/module.ts';
import { printModule } from '../../ir/printer.ts';
import { didYouMean } from '../../ir/spelling.ts';
import type { Pass } from '../../passes/pass.ts';
import { passNames } from '../../passes/pipeline.ts';
import type { Program } from '../program.ts';

export interface PrintedStage {
  /** `import`, `loops`, or the name of a pass. */
  readonly after: string;
  readonly text: string;
}

/** Hands texts to `emit` as the stages end, so that they come even when a later stage fails. */
export class StagePrinter {
  private readonly stages: ReadonlySet<string>;
  private readonly emit: (stage: PrintedStage) => void;

  /**
   * @param list Stages separated by commas, or `all`.
   * @throws CompileError I8C0401 for a name that is no stage.
   */
  constructor(list: string | undefined, emit: (stage: PrintedStage) => void) {
    const known = ['import', ...passNames(), 'loops'];
    const names = list?.split(',').map((name) => name.trim()) ?? [];
    for (const name of names) {
      if (name === 'all' || known.includes(name)) continue;
      fail('I8C0401', `There is no pass ${quoteName(name)} to print after.`, {
        hint: didYouMean(name, [...known, 'all']) ?? `The stages are ${known.join(', ')}, and all of them: all.`,
      });
    }
    this.stages = new Set(names.includes('all') ? known : names);
    this.emit = emit;
  }

  /** Whether any text was asked for. */
  get wanted(): boolean {
    return this.stages.size > 0;
  }

  imported(program: Program): void {
    if (this.stages.has('import')) this.emit({ after: 'import', text: printModule(program.module()).text });
  }

  readonly afterPass = (pass: Pass, module: Module): void => {
    if (this.stages.has(pass.name)) this.emit({ after: pass.name, text: printModule(module).text });
  };

  async lowered(loops: LoopProgram): Promise<void> {
    if (!this.stages.has('loops')) return;
    const { printProgram } = await import('../../ir/loops/program-printer.ts');
    this.emit({ after: 'loops', text: printProgram(loops).text });
  }
}
