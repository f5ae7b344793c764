// TFLite bytes to a tensor IR module: walks one subgraph in order, a table row per operator, and reports everything it
// cannot take, not the first thing only.
import { Builder } from '../../../ir/builder.ts';
import { RuleViolation } from '../../../ir/define-op.ts';
import { CompileError, type Diagnostic, fail, quoteName } from '../../../ir/diagnostics.ts';
import { Func, Module, type Value } from '../../../ir/module.ts';
import { constant } from '../../../ir/ops/constant.ts';
import { elementCount } from '../../../ir/types.ts';
import { foldSmallConstants } from '../fold-small-constants.ts';
import { constantArray } from './constant-data.ts';
import { type ModelView, type OperatorView, readTflite, type SubgraphView } from './model.ts';
import { diagnosticsOf, type ImportScope, OperatorContext, valueName } from './operator-context.ts';
import { rows } from './operators/index.ts';
import { Resources } from './resources.ts';
import { typeOfTensor } from './tensor-types.ts';

export interface TfliteImportOptions {
  /** Name of the module. */
  name: string;
  /** Signature to compile, by its key; the first subgraph when absent. */
  signature?: string | undefined;
  /**
   * Tensors to return beside the outputs, for looking inside a network: by index, by exact name, or all that an
   * operator computes.
   */
  expose?: 'all' | readonly (string | number)[] | undefined;
}

export interface TfliteImport {
  readonly module: Module;
  readonly diagnostics: readonly Diagnostic[];
  /** File tensor index of each function output, exposed ones included. */
  readonly outputTensors: readonly number[];
}

/** Reads a .tflite file. Throws CompileError with every error found. */
export function importTflite(bytes: Uint8Array, options: TfliteImportOptions): TfliteImport {
  const model = readTflite(bytes);
  const module = new Module(options.name, 'double');
  const { subgraph, inputNames, outputNames } = chooseSubgraph(model, options.signature);
  const importer = new SubgraphImporter(model, subgraph, new Func('main'));
  importer.inputs(inputNames);
  importer.operators();
  importer.throwErrors();
  const outputTensors = importer.outputs(outputNames, options.expose);
  importer.throwErrors();
  module.functions.push(importer.func);
  return { module, diagnostics: importer.diagnostics, outputTensors };
}

interface Chosen {
  readonly subgraph: SubgraphView;
  /** Names that a signature gives to tensors. */
  readonly inputNames: ReadonlyMap<number, string>;
  readonly outputNames: ReadonlyMap<number, string>;
}

function chooseSubgraph(model: ModelView, key: string | undefined): Chosen {
  const main = model.subgraphs[0]!;
  if (key === undefined) return { subgraph: main, inputNames: new Map(), outputNames: new Map() };
  const signature = model.signatures.find((s) => s.key === key);
  if (signature === undefined) {
    const known = model.signatures.map((s) => quoteName(s.key)).join(', ');
    fail('I8C0403', `The model has no signature ${quoteName(key)}.`, {
      hint: known === '' ? 'It has no signatures.' : `It has ${known}.`,
    });
  }
  return {
    subgraph: model.subgraphs[signature.subgraph]!,
    inputNames: new Map(signature.inputs.map((s) => [s.tensor, s.name])),
    outputNames: new Map(signature.outputs.map((s) => [s.tensor, s.name])),
  };
}

/** Elements of shapes, axes and indices. */
const foldedElements = ['i32', 'i64', 'bool'] as const;

/** Thrown for a tensor whose operator was refused before: its error is known already. */
class KnownFailure extends Error {}

/** Builds one subgraph into a function. */
export class SubgraphImporter {
  readonly func: Func;
  readonly diagnostics: Diagnostic[] = [];
  private readonly model: ModelView;
  private readonly subgraph: SubgraphView;
  private readonly builder: Builder;
  private readonly values = new Map<number, Value>();
  private readonly failed = new Set<number>();
  private readonly resources: Resources;
  /** Shapes in the file are claims of a converter; with a dimension of unknown size they are placeholders. */
  private readonly shapesKnown: boolean;

  constructor(model: ModelView, subgraph: SubgraphView, func: Func, resources?: Resources) {
    this.model = model;
    this.subgraph = subgraph;
    this.func = func;
    this.builder = new Builder(func);
    this.resources = resources ?? new Resources(func, (index) => this.runInitializer(index));
    this.shapesKnown = !subgraph.tensors.some((t) => t.shapeSignature?.includes(-1));
  }

  inputs(names: ReadonlyMap<number, string>): void {
    for (const index of this.subgraph.inputs) {
      const tensor = this.subgraph.tensors[index]!;
      if (tensor.shapeSignature?.includes(-1)) {
        this.diagnostics.push({
          code: 'I8C0204',
          severity: 'note',
          message: `Input ${quoteName(tensor.name)} has open dimensions; they are taken as [${tensor.shape.join(', ')}].`,
        });
      }
      if (this.values.has(index)) fail('I8C0207', `Tensor #${index} is an input twice.`);
      const name = names.get(index) ?? (tensor.name === '' ? `input${index}` : tensor.name);
      this.values.set(index, this.func.addInput(name, typeOfTensor(tensor)));
    }
  }

  operators(): void {
    for (const operator of this.subgraph.operators) this.operator(operator);
  }

  throwErrors(): void {
    const errors = this.diagnostics.filter((d) => d.severity === 'error');
    if (errors.length > 0) throw new CompileError(errors);
  }

  /** Makes the function's outputs; returns their tensor indices. */
  outputs(names: ReadonlyMap<number, string>, expose: TfliteImportOptions['expose']): number[] {
    const indices = [...this.subgraph.outputs];
    const computed = new Set(this.subgraph.operators.flatMap((o) => o.outputs));
    if (expose === 'all') {
      for (const i of computed) if (!indices.includes(i) && this.values.has(i)) indices.push(i);
    } else {
      for (const wanted of expose ?? []) indices.push(this.exposed(wanted));
    }
    for (const index of indices) {
      const tensor = this.subgraph.tensors[index]!;
      const name = names.get(index) ?? (tensor.name === '' ? `output${index}` : tensor.name);
      this.guard(`output ${quoteName(name)}`, () => this.func.addOutput(name, this.value(index)));
    }
    return indices;
  }

  private exposed(wanted: string | number): number {
    const tensor = this.subgraph.tensors.find((t) => t.name === wanted || t.index === wanted);
    if (tensor === undefined || !this.values.has(tensor.index)) {
      return fail('I8C0403', `The model computes no tensor ${quoteName(String(wanted))}.`);
    }
    return tensor.index;
  }

  private operator(operator: OperatorView): void {
    const context = new OperatorContext(operator, this.scope());
    const row = Object.hasOwn(rows, operator.opcode) ? rows[operator.opcode] : undefined;
    this.builder.location = context.where;
    const before = this.func.ops.length;
    const done = this.guard(context.where, () => {
      if (row === undefined) {
        return context.fail(
          'I8C0201',
          `int8c does not know the operator ${operator.opcode}.`,
          unknownHint(operator.opcode),
        );
      }
      const result = row(context);
      const results: readonly Value[] = Array.isArray(result) ? result : [result];
      foldSmallConstants(this.func, before, this.builder, results, foldedElements).forEach((value, i) => {
        this.define(operator, i, value);
      });
    });
    if (!done) for (const t of operator.outputs) this.failed.add(t);
  }

  private define(operator: OperatorView, i: number, value: Value): void {
    const index = operator.outputs[i];
    if (index === undefined || index < 0) return;
    if (this.values.has(index)) {
      fail('I8C0207', `Tensor #${index} is computed twice.`, { where: `${operator.opcode} #${operator.index}` });
    }
    const claimed = this.subgraph.tensors[index]!.shape;
    if (this.shapesKnown && claimed.length > 0 && claimed.join() !== value.type.shape.join()) {
      fail('I8C0207', `The file says [${claimed.join(', ')}], the operator gives [${value.type.shape.join(', ')}].`, {
        where: `${operator.opcode} #${operator.index}`,
      });
    }
    this.values.set(index, value);
  }

  /** Runs `build`; its errors are collected. False when it failed. */
  private guard(where: string, build: () => void): boolean {
    try {
      build();
      return true;
    } catch (error) {
      if (error instanceof KnownFailure) return false;
      if (error instanceof RuleViolation) {
        this.diagnostics.push({ code: 'I8C0207', severity: 'error', where, message: `The operator ${error.message}.` });
        return false;
      }
      this.diagnostics.push(...diagnosticsOf(error).map((d) => (d.where === undefined ? { ...d, where } : d)));
      return false;
    }
  }

  private scope(): ImportScope {
    return {
      builder: this.builder,
      value: (tensor) => this.value(tensor),
      type: (tensor) => typeOfTensor(this.tensor(tensor)),
      tensorName: (tensor) => this.subgraph.tensors[tensor]?.name ?? '',
      variable: (tensor) => this.resources.variable(tensor, this.tensor(tensor)),
      resources: this.resources,
      report: (diagnostic) => this.diagnostics.push(diagnostic),
    };
  }

  private tensor(index: number) {
    return this.subgraph.tensors[index] ?? fail('I8C0002', `There is no tensor #${index}.`);
  }

  private value(index: number): Value {
    const known = this.values.get(index);
    if (known !== undefined) return known;
    if (this.failed.has(index)) throw new KnownFailure();
    const tensor = this.tensor(index);
    if (tensor.data === undefined) {
      fail('I8C0207', `Tensor #${index} ${quoteName(tensor.name)} is used before it is computed.`);
    }
    const type = typeOfTensor(tensor);
    const value = { type, data: constantArray(type.element, tensor.data, elementCount(type.shape)) };
    const result = this.builder.create(constant, [], { value }, type, valueName(tensor.name));
    this.values.set(index, result);
    return result;
  }

  /** Evaluates an initializing subgraph (CALL_ONCE): what it assigns must be constant. */
  private runInitializer(index: number): void {
    const subgraph = this.model.subgraphs[index];
    if (subgraph === undefined) fail('I8C0002', `There is no subgraph #${index}.`);
    const importer = new SubgraphImporter(this.model, subgraph, this.func, this.resources);
    this.resources.startingValues(() => importer.operators());
    this.diagnostics.push(...importer.diagnostics);
  }
}

function unknownHint(opcode: string): string {
  return opcode.startsWith('CUSTOM:')
    ? 'Custom operators have no public definition; replace it in the model by standard operators.'
    : 'docs/operators.md lists what int8c knows.';
}
