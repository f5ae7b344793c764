// store-unsigned: i8 values between operators are stored as u8, each element 128 more, for instruction sets whose dot
// product multiplies signed weights with unsigned activations.
//
// before:  %a = conv2d %x, %w, %b {input_zero = 3, requant = <..., zero=-128, clamp=[-128, 127]>} : tensor<...xi8>
//          %y = conv2d %a, %v, %c {input_zero = -128, requant = R} : tensor<...xi8>
//          return %y
// after:   %0 = offset_binary %x : tensor<...xu8>
//          %a = conv2d %0, %w, %b {input_zero = 131, requant = <..., zero=0, clamp=[0, 255]>} : tensor<...xu8>
//          %y = conv2d %a, %v, %c {input_zero = 0, requant = R} : tensor<...xi8>
//          return %y
//
// What an operator can take is its own answer (`unsigned` of its definition). A value is stored as u8 where its producer
// and all its users can; what comes from elsewhere (inputs, states, operators that cannot) is converted for operators
// that multiply it with constant weights. What a function returns stays as it is.
import type { Builder } from '../ir/builder.ts';
import { internalError } from '../ir/diagnostics.ts';
import type { AttributeRecord, Func, Op, Value } from '../ir/module.ts';
import { constant, constantOf } from '../ir/ops/constant.ts';
import { offsetBinary } from '../ir/ops/offset-binary.ts';
import { type UnsignedPlaces, unsignedOffset, unsignedType } from '../ir/unsigned-storage.ts';
import type { Pass } from './pass.ts';
import { rewrite } from './rewrite.ts';

export const storeUnsigned: Pass = {
  name: 'store-unsigned',
  run(func) {
    const forms = unsignedForms(func);
    const converted = new Map<Value, Value>();
    return rewrite(func, (op, builder) => {
      const form = forms.get(op);
      if (form === undefined) return undefined;
      const operands = op.operands.map((value, i) => {
        if (value?.type.element !== 'i8' || form.places.operands[i] !== true) return value;
        const known = converted.get(value) ?? convert(builder, value);
        converted.set(value, known);
        return known;
      });
      const types = op.results.map(({ type }, i) => (form.places.results[i] === true ? unsignedType(type) : type));
      return builder.op(op.definition, operands, form.attributes, { types }).results;
    });
  },
};

/** Where an operator takes and makes u8, and its attributes then. */
interface UnsignedForm {
  readonly places: UnsignedPlaces;
  readonly attributes: AttributeRecord;
}

/** The operators that change. */
function unsignedForms(func: Func): ReadonlyMap<Op, UnsignedForm> {
  const unsigned = unsignedValues(func);
  const forms = new Map<Op, UnsignedForm>();
  for (const op of func.ops) {
    const form = formOf(op, multiplied(op, unsigned)) ?? formOf(op, unsigned);
    if (form === undefined) return internalError(`${op.definition.name} cannot take what it was found to take`);
    if ([...form.places.operands, ...form.places.results].includes(true)) forms.set(op, form);
  }
  return forms;
}

/** The largest set of i8 values such that every operator can make and take them as u8. */
function unsignedValues(func: Func): ReadonlySet<Value> {
  const made = func.ops.flatMap((op) => (constantOf(op.results[0]) === undefined ? op.results : []));
  const unsigned = new Set(made.filter((v) => v.type.element === 'i8' && !func.isReturned(v)));
  let before: number;
  do {
    before = unsigned.size;
    for (const op of func.ops) {
      if (formOf(op, unsigned) !== undefined) continue;
      for (const v of [...op.operands, ...op.results]) if (v !== undefined) unsigned.delete(v);
    }
  } while (unsigned.size < before);
  return unsigned;
}

/** The set, and what the operator multiplies with constant weights: a conversion costs little beside the products. */
function multiplied(op: Op, unsigned: ReadonlySet<Value>): ReadonlySet<Value> {
  const { linear } = op.definition;
  const x = op.operands[0];
  const isWanted = linear !== undefined && constantOf(op.operands[linear.weights]) !== undefined;
  return isWanted && x?.type.element === 'i8' ? new Set([...unsigned, x]) : unsigned;
}

/** The operator where these values are u8, its i8 constants as they are or all of them moved; undefined if it cannot. */
function formOf(op: Op, unsigned: ReadonlySet<Value>): UnsignedForm | undefined {
  for (const constants of [false, true]) {
    const isUnsigned = (v: Value) => unsigned.has(v) || (constants && v.type.element === 'i8' && isConstant(v));
    const places: UnsignedPlaces = {
      operands: op.operands.map((v) => v !== undefined && isUnsigned(v)),
      results: op.results.map((v) => unsigned.has(v)),
    };
    const isAny = [...places.operands, ...places.results].includes(true);
    const attributes = isAny ? op.definition.unsigned?.(op, places) : op.attributes;
    if (attributes !== undefined) return { places, attributes };
  }
  return undefined;
}

const isConstant = (value: Value) => constantOf(value) !== undefined;

/** An i8 value as u8; of a constant, a constant. */
function convert(builder: Builder, value: Value): Value {
  const known = constantOf(value);
  if (known === undefined) return builder.create(offsetBinary, [value]);
  const type = unsignedType(value.type);
  const data = Uint8Array.from(known.data as Int8Array, (x) => x + unsignedOffset);
  return builder.create(constant, [], { value: { type, data } }, type, value.name);
}
