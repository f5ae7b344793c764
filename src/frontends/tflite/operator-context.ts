// What the importer gives to an operator's row: operands as values, constants as data, result types, ways to fail.
import type { AttributeSchema } from '../../../ir/attributes.ts';
import type { AttributeInput, Builder } from '../../../ir/builder.ts';
import type { OpDefinition } from '../../../ir/define-op.ts';
import { CompileError, type Diagnostic, type DiagnosticCode, fail } from '../../../ir/diagnostics.ts';
import type { State, Value } from '../../../ir/module.ts';
import { constantOf } from '../../../ir/ops/constant.ts';
import { numbersOf, type TensorData } from '../../../ir/tensor-data.ts';
import type { TensorType } from '../../../ir/types.ts';
import { type OperatorView, optionsOf } from './model.ts';
import type { Table } from './schema.ts';
import type { OptionsName } from './schema-options.ts';

/** A row of the operator table: builds the operator and returns its results in the file's order. */
export type Row = (op: OperatorContext) => Value | readonly Value[];

/** Operator name as in the schema (`CONV_2D`) to its row. */
export type Rows = Readonly<Record<string, Row>>;

/** What the importer keeps of a subgraph while it is being built. */
export interface ImportScope {
  readonly builder: Builder;
  /** The value of a tensor; fails when it has none yet. */
  value(tensor: number): Value;
  /** The type that the file gives a tensor. */
  type(tensor: number): TensorType;
  tensorName(tensor: number): string;
  /** The state behind a variable tensor. */
  variable(tensor: number): State;
  /** Named resources: variables shared by handles. */
  readonly resources: ResourceScope;
  report(diagnostic: Diagnostic): void;
}

/** Variables of VAR_HANDLE, READ_VARIABLE and ASSIGN_VARIABLE. */
export interface ResourceScope {
  /** Says that a handle tensor stands for the variable of this name. */
  bind(handle: number, name: string): void;
  read(handle: number, type: TensorType): Value;
  assign(handle: number, value: Value): void;
  /** Runs a subgraph that initializes variables. */
  initialize(subgraph: number): void;
}

export class OperatorContext {
  readonly operator: OperatorView;
  readonly scope: ImportScope;
  /** `CONV_2D #3 "model/conv1"`: the operator and its first output's name. */
  readonly where: string;

  constructor(operator: OperatorView, scope: ImportScope) {
    this.operator = operator;
    this.scope = scope;
    const output = operator.outputs[0];
    const name = output === undefined ? '' : ` ${JSON.stringify(scope.tensorName(output).slice(0, 120))}`;
    this.where = `${operator.opcode} #${operator.index}${name}`;
  }

  get builder(): Builder {
    return this.scope.builder;
  }

  get inputCount(): number {
    return this.operator.inputs.length;
  }

  has(i: number): boolean {
    const tensor = this.operator.inputs[i];
    return tensor !== undefined && tensor >= 0;
  }

  /** Operand `i`; fails when the file leaves it out. */
  input(i: number): Value {
    const tensor = this.operator.inputs[i];
    if (tensor === undefined || tensor < 0) return this.fail('I8C0207', `Operand ${i} is missing.`);
    return this.scope.value(tensor);
  }

  optional(i: number): Value | undefined {
    return this.has(i) ? this.input(i) : undefined;
  }

  inputs(): Value[] {
    return this.operator.inputs.map((_, i) => this.input(i));
  }

  /** Operand `i` where it is known at compile time. */
  constantInput(i: number): TensorData | undefined {
    return this.has(i) ? constantOf(this.input(i)) : undefined;
  }

  /** Operand `i`, which must be known at compile time. */
  constant(i: number, what: string): TensorData {
    const data = constantOf(this.input(i));
    return data ?? this.fail('I8C0205', `The ${what} is computed at run time.`, 'Export the model with fixed shapes.');
  }

  /** The numbers of an integer operand that must be known at compile time. */
  ints(i: number, what: string): number[] {
    const data = this.constant(i, what);
    if (data.type.element !== 'i32' && data.type.element !== 'i64') {
      this.fail('I8C0207', `The ${what} is ${data.type.element}, not an integer tensor.`);
    }
    const numbers = numbersOf(data);
    if (!numbers.every((n) => Math.abs(n) <= 2147483648)) this.fail('I8C0207', `The ${what} has a value out of range.`);
    return numbers;
  }

  /** The type that the file gives output `i`. Its shape is the file's claim: operators derive their own. */
  outputType(i = 0): TensorType {
    const tensor = this.operator.outputs[i];
    if (tensor === undefined) return this.fail('I8C0207', `Output ${i} is missing.`);
    return this.scope.type(tensor);
  }

  options<N extends OptionsName>(name: N): Table<N> {
    return optionsOf(this.operator, name);
  }

  /** Builds an operator: element type and quantization of the results as the file says, shapes by the operator's rule. */
  emit<S extends AttributeSchema>(
    definition: OpDefinition<S>,
    operands: readonly (Value | undefined)[],
    attributes: AttributeInput<S> = {},
  ): Value {
    return this.emitAll(definition, operands, attributes)[0]!;
  }

  /** The same for every result. */
  emitAll<S extends AttributeSchema>(
    definition: OpDefinition<S>,
    operands: readonly (Value | undefined)[],
    attributes: AttributeInput<S> = {},
  ): readonly Value[] {
    const { outputs } = this.operator;
    return this.builder.op(definition, operands, attributes, {
      hints: outputs.map((t) => this.scope.type(t)),
      names: outputs.map((t) => valueName(this.scope.tensorName(t))),
    }).results;
  }

  /** A note or warning about this operator. */
  report(severity: 'warning' | 'note', code: DiagnosticCode, message: string): void {
    this.scope.report({ code, severity, message, where: this.where });
  }

  fail(code: DiagnosticCode, message: string, hint?: string): never {
    return fail(code, message, hint === undefined ? { where: this.where } : { where: this.where, hint });
  }

  /** For an attribute value that int8c does not support. */
  unsupported(message: string, hint?: string): never {
    return this.fail('I8C0203', message, hint);
  }
}

/**
 * A short name for a value out of a tensor's: converters join the names of everything they fused with semicolons, each a
 * path of scopes. The last two parts of the first path tell most.
 */
export function valueName(tensorName: string): string {
  const path = (tensorName.split(';', 1)[0] ?? '').replace(/(:\d+|\/ReadVariableOp(_\d+)?(\/resource)?)$/, '');
  return path.split('/').slice(-2).join('_');
}

/** The diagnostics of a thrown CompileError; other errors are thrown on. */
export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof CompileError) return error.diagnostics;
  throw error;
}
