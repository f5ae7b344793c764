// Appends operators to a function, deriving their result types from their own rules.
import type { AttributeSchema, AttributesOf, AttributeValue } from './attributes.ts';
import { type OpDefinition, RuleViolation } from './define-op.ts';
import { type AnyOpDefinition, type AttributeRecord, type Func, Op, Value } from './module.ts';
import { formatType, sameType, type TensorType, typeProblem } from './types.ts';

export interface OpOptions {
  /** Result types where the rule leaves something open (quantization), or to have them checked. */
  types?: readonly TensorType[] | undefined;
  /** Like `types`, but for element types and quantization only: shapes are the rule's own. */
  hints?: readonly TensorType[] | undefined;
  /** Name hints for the results. */
  names?: readonly string[];
  /** Where the operator comes from; the builder's own location when absent. */
  location?: string;
}

/** Attributes as given: those with a fallback may be left out. */
export type AttributeInput<S extends AttributeSchema> = Partial<AttributesOf<S>>;

/** Checks attributes against the operator's table and fills in fallbacks; throws RuleViolation. */
export function completeAttributes(definition: AnyOpDefinition, given: AttributeRecord): AttributeRecord {
  const complete: Record<string, AttributeValue> = {};
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(definition.attributes, name)) throw new RuleViolation(`has no attribute ${name}`);
  }
  for (const [name, kind] of Object.entries(definition.attributes as AttributeSchema)) {
    const value = given[name] ?? kind.fallback;
    if (value === undefined) {
      if (kind.optional) continue;
      throw new RuleViolation(`needs attribute ${name}`);
    }
    const problem = kind.problem(value);
    if (problem !== undefined) throw new RuleViolation(`attribute ${name} ${problem}`);
    complete[name] = value;
  }
  return complete;
}

/** Checks that the number and presence of operands fit the definition; throws RuleViolation. */
export function checkOperandCount(definition: AnyOpDefinition, operands: readonly (unknown | undefined)[]): void {
  const specs = definition.operands;
  const last = specs.at(-1);
  const max = last?.variadic ? Number.POSITIVE_INFINITY : specs.length;
  if (operands.length > max) throw new RuleViolation(`takes ${specs.length} operands, got ${operands.length}`);
  const count = Math.max(operands.length, last?.variadic ? specs.length - 1 : specs.length);
  for (let i = 0; i < count; i++) {
    const spec = specs[Math.min(i, specs.length - 1)]!;
    if (operands[i] === undefined && !spec.optional) throw new RuleViolation(`needs operand ${spec.name}`);
  }
}

/** The result types of an operator by its own rule, checked in themselves and against `asked`; throws RuleViolation. */
export function resultTypes(
  definition: AnyOpDefinition,
  operands: readonly (TensorType | undefined)[],
  attributes: AttributeRecord,
  asked: readonly TensorType[] | undefined,
  /** False when `asked` says nothing about shapes. */
  shapesAsked = true,
): TensorType[] {
  checkOperandCount(definition, operands);
  // Trailing absent operands may be left out; rules see every declared position.
  const padded = [...operands];
  while (padded.length < definition.operands.length && !definition.operands.at(-1)?.variadic) padded.push(undefined);
  const types = definition.types({ operands: padded, attributes, asked });
  for (const [i, type] of types.entries()) {
    const problem = typeProblem(type);
    if (problem !== undefined) throw new RuleViolation(`result ${i}: ${problem}`);
    const expected = asked?.[i];
    if (expected === undefined) continue;
    if (!sameType(type, shapesAsked ? expected : { ...expected, shape: type.shape })) {
      throw new RuleViolation(`gives ${formatType(type)}, not ${formatType(expected)}`);
    }
  }
  if (asked !== undefined && asked.length !== types.length) {
    throw new RuleViolation(`has ${types.length} results, not ${asked.length}`);
  }
  return types;
}

export class Builder {
  readonly func: Func;
  /** Operators are appended here: the function's own list, or a pass's new one. */
  readonly target: Op[];
  /** Location given to operators that bring none. */
  location = '';

  constructor(func: Func, target: Op[] = func.ops) {
    this.func = func;
    this.target = target;
  }

  /** Appends an operator. Throws RuleViolation when it breaks its own rules. */
  op<S extends AttributeSchema>(
    definition: OpDefinition<S>,
    operands: readonly (Value | undefined)[],
    attributes: AttributeInput<S> = {},
    options: OpOptions = {},
  ): Op {
    const complete = completeAttributes(definition, attributes as AttributeRecord);
    const types = resultTypes(
      definition,
      operands.map((v) => v?.type),
      complete,
      options.types ?? options.hints,
      options.types !== undefined,
    );
    const op = new Op(definition, operands, complete, options.location ?? this.location);
    op.results = types.map((type, i) => new Value(type, this.func.freshName(options.names?.[i]), op));
    this.target.push(op);
    return op;
  }

  /** Appends an operator with one result and returns that. */
  create<S extends AttributeSchema>(
    definition: OpDefinition<S>,
    operands: readonly (Value | undefined)[],
    attributes: AttributeInput<S> = {},
    type?: TensorType,
    name?: string,
  ): Value {
    const options: OpOptions = { types: type === undefined ? undefined : [type] };
    if (name !== undefined) options.names = [name];
    return this.op(definition, operands, attributes, options).result;
  }
}
