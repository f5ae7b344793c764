// Prints modules of the tensor IR as text. The same module gives the same text; parser.ts reads it back (its header has
// the grammar).
import {
  type AttributeKind,
  type AttributeSchema,
  type AttributeValue,
  formatAttribute,
  sameAttribute,
} from './attributes.ts';
import { type ContentPrintOptions, formatContent } from './content-text.ts';
import type { Func, Module, Op, Port, Value } from './module.ts';
import type { TensorData } from './tensor-data.ts';
import { formatType, sameType } from './types.ts';

export interface PrintedText {
  readonly text: string;
  /** Contents that the text names by hash: what belongs into the `.ir.weights` file. */
  readonly resources: ReadonlyMap<string, Uint8Array>;
}

/** `%name`, quoted where it is more than letters, digits and underscores. */
export function formatName(sigil: '%' | '@', name: string): string {
  return /^[A-Za-z0-9_]+$/.test(name) ? `${sigil}${name}` : `${sigil}${JSON.stringify(name)}`;
}

const valueText = (value: Value | undefined) => (value === undefined ? '_' : formatName('%', value.name));

/** The user's name behind a value, where it is another than the value's own. */
const userName = (name: string, value: Value) => (name === value.name ? '' : ` ${JSON.stringify(name)}`);

class ModulePrinter {
  readonly resources = new Map<string, Uint8Array>();
  private readonly options: ContentPrintOptions;

  constructor(options: ContentPrintOptions) {
    this.options = options;
  }

  module(module: Module): string {
    const head = `module ${formatName('@', module.name)} rounding=${module.rounding}\n`;
    return [head, ...module.functions.map((func) => this.func(func))].join('\n');
  }

  private func(func: Func): string {
    const inputs = func.inputs.map((p) => `${this.port(p)}: ${formatType(p.value.type)}`).join(', ');
    const states = func.states.map(({ name, param, initial }) => {
      const port = this.port({ name, value: param });
      return `${port} = ${this.content(initial)} : ${formatType(param.type)}`;
    });
    const stateList = states.length === 0 ? '' : ` state(${states.join(', ')})`;
    const ops = func.ops.map((op) => `  ${this.op(op)}\n`).join('');
    return `func ${formatName('@', func.name)}(${inputs})${stateList} {\n${ops}  ${this.ending(func)}\n}\n`;
  }

  private port({ name, value }: Port): string {
    return `${valueText(value)}${userName(name, value)}`;
  }

  private ending(func: Func): string {
    const outputs = func.outputs.map((p) => this.port(p)).join(', ');
    const next = func.states.map((s) => valueText(s.next)).join(', ');
    return ['return', outputs, next === '' ? '' : `next(${next})`].filter((part) => part !== '').join(' ');
  }

  private op(op: Op): string {
    const attributes = this.attributes(op);
    const parts = [
      `${op.results.map(valueText).join(', ')} = ${op.definition.name}`,
      op.operands.map(valueText).join(', '),
      attributes === '' ? '' : `{${attributes}}`,
      `: ${op.results.map((v) => formatType(v.type)).join(', ')}`,
      op.location === '' ? '' : `loc ${JSON.stringify(op.location)}`,
    ];
    return parts.filter((part) => part !== '').join(' ');
  }

  /** Attributes in the order of the operator's table; those that equal their fallback say nothing. */
  private attributes(op: Op): string {
    const parts: string[] = [];
    for (const [name, kind] of Object.entries(op.definition.attributes as AttributeSchema)) {
      const value = op.attributes[name];
      if (value === undefined || sameAttribute(value, kind.fallback)) continue;
      parts.push(`${name} = ${this.attribute(op, kind, value)}`);
    }
    return parts.join(', ');
  }

  private attribute(op: Op, kind: AttributeKind<AttributeValue>, value: AttributeValue): string {
    if (kind.kind !== 'tensor') return formatAttribute(kind, value);
    const tensor = value as TensorData;
    const first = op.results[0]?.type;
    const type = first !== undefined && sameType(first, tensor.type) ? '' : ` : ${formatType(tensor.type)}`;
    return `${this.content(tensor)}${type}`;
  }

  private content({ type, data }: TensorData): string {
    return formatContent(type.element, data, this.resources, this.options);
  }
}

/**
 * The text of a module and the contents too long for it. `parseModule(text, resources)` gives an equal module
 * ({@link sameModule}) for every module that verifies.
 */
export function printModule(module: Module, options: ContentPrintOptions = {}): PrintedText {
  const printer = new ModulePrinter(options);
  return { text: printer.module(module), resources: printer.resources };
}
