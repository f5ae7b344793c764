// Inputs of the main graph: static types out of symbolic ones, and inputs that the user fixes at compile time.
import type { TensorShapeProto_Dimension, ValueInfoProto } from 'onnx-buf';
import { type Diagnostic, fail, quoteName } from '../../../ir/diagnostics.ts';
import { didYouMean } from '../../../ir/spelling.ts';
import { type TensorData, tensorOf } from '../../../ir/tensor-data.ts';
import { type ElementType, type TensorType, tensorType } from '../../../ir/types.ts';
import type { FileTensor } from '../../files/file-tensor.ts';
import { convertElements } from './constant-tensor.ts';
import { dataTypeName, type ElementMapping, elementMapping, sizedType } from './element-types.ts';

/** Contents of a graph input: a file's tensor, or numbers that become the input's element type. */
export type BoundInput = FileTensor | { readonly shape: readonly number[]; readonly values: readonly number[] };

/** Contents of graph inputs by name. */
export type BoundInputs = Readonly<Record<string, BoundInput>>;

/** Gives dimensions their extents, and collects what the user should know about that. */
export class InputShapes {
  private readonly dims: Readonly<Record<string, number>>;
  /** Symbolic dimensions of the model, and those that were given no extent. */
  private readonly known = new Set<string>();
  private readonly defaulted = new Set<string>();
  private readonly diagnostics: Diagnostic[] = [];

  /** `dims`: extents by symbolic name, or by input and position (`image:0`) for a dimension without a name. */
  constructor(dims: Readonly<Record<string, number>>) {
    this.dims = dims;
    for (const [name, extent] of Object.entries(dims)) {
      if (Number.isSafeInteger(extent) && extent >= 0) continue;
      fail('I8C0401', `The extent of dimension ${quoteName(name)} is ${extent}, which is no natural number.`);
    }
  }

  /** The static type of a graph input. */
  typeOf({ name, type }: ValueInfoProto): TensorType {
    const tensor = type?.value;
    if (tensor?.case !== 'tensorType') {
      const kind = tensor?.case?.replace('Type', '') ?? 'value without a type';
      return fail('I8C0202', `The input is a ${kind}; int8c takes tensors.`);
    }
    const { element, instead } = this.mapping(tensor.value.elemType);
    if (instead !== undefined) {
      this.note(name, 'I8C0303', `is ${instead} in the model; the program takes ${element}`);
    }
    const { shape } = tensor.value;
    if (shape === undefined) {
      return fail('I8C0204', 'Its number of dimensions is not known.', {
        hint: 'Export the model with shapes, or fix the input with --bind NAME=VALUE.',
      });
    }
    return sizedType(
      element,
      shape.dim.map((dim, i) => this.extent(dim, `${name}:${i}`)),
    );
  }

  /** The contents that the user gave an input, as the type that the model says. */
  boundValue({ type }: ValueInfoProto, bound: BoundInput): TensorData {
    const tensor = type?.value.case === 'tensorType' ? type.value.value : fail('I8C0402', 'The input is no tensor.');
    const wanted = this.mapping(tensor.elemType).element;
    const shape = boundShape(tensor.shape?.dim.map(fixedExtent), bound);
    if ('values' in bound) return numbersAs(wanted, shape, bound.values);
    const { element, bytes } = bound;
    const data = convertElements(element, bytes, wanted);
    if (data === undefined) return fail('I8C0402', `The input is ${wanted}, the value given for it is ${element}.`);
    return { type: tensorType(wanted, shape), data };
  }

  /** What was assumed, and names given for dimensions that the model does not have. */
  findings(): readonly Diagnostic[] {
    for (const name of Object.keys(this.dims)) {
      if (this.known.has(name)) continue;
      const hint = didYouMean(name, [...this.known]);
      fail('I8C0403', `The model has no dimension ${quoteName(name)}.`, hint === undefined ? {} : { hint });
    }
    for (const name of this.defaulted) {
      this.diagnostics.push({
        code: 'I8C0204',
        severity: 'note',
        message: `Dimension ${quoteName(name)} is open and taken as 1.`,
        hint: `Choose another extent with --dim ${quoteName(`${name}=N`)}.`,
      });
    }
    return this.diagnostics;
  }

  private mapping(dataType: number): ElementMapping {
    return elementMapping(dataType) ?? fail('I8C0202', `The input has elements of ${dataTypeName(dataType)}.`);
  }

  private extent(dim: TensorShapeProto_Dimension, position: string): number {
    const { value } = dim;
    const fixed = fixedExtent(dim);
    if (fixed !== undefined) return fixed;
    const name = value.case === 'dimParam' && value.value !== '' ? value.value : position;
    this.known.add(name).add(position);
    const given = Object.hasOwn(this.dims, name) ? this.dims[name] : undefined;
    const own = Object.hasOwn(this.dims, position) ? this.dims[position] : given;
    if (own === undefined) this.defaulted.add(name);
    return own ?? 1;
  }

  private note(input: string, code: Diagnostic['code'], what: string): void {
    this.diagnostics.push({ code, severity: 'note', message: `Input ${quoteName(input)} ${what}.` });
  }
}

/** The extent of a dimension that is not open. */
function fixedExtent({ value }: TensorShapeProto_Dimension): number | undefined {
  return value.case === 'dimValue' && value.value >= 0n ? Number(value.value) : undefined;
}

/** The shape of a bound value, which must fit the one in the model; one number stands for a tensor of one element. */
function boundShape(declared: readonly (number | undefined)[] | undefined, { shape }: BoundInput): readonly number[] {
  if (declared === undefined) return shape;
  if (shape.length === 0 && declared.every((n) => n === undefined || n === 1)) return declared.map(() => 1);
  const fits = declared.length === shape.length && declared.every((n, d) => n === undefined || n === shape[d]);
  if (fits) return shape;
  const wanted = declared.slice(0, 16).map((n) => n ?? '?');
  return fail(
    'I8C0402',
    `The input has the shape [${wanted.join(', ')}], the value given for it [${shape.join(', ')}].`,
  );
}

function numbersAs(element: ElementType, shape: readonly number[], values: readonly number[]): TensorData {
  if (element !== 'f32' && !values.every(Number.isSafeInteger)) {
    fail('I8C0402', `The input takes ${element}; the value given for it is no whole number.`);
  }
  return tensorOf(tensorType(element, shape), values);
}
