// Names of values while a graph is imported. Subgraphs see the names around them; functions see only their own.
import type { AttributeProto } from 'onnx-buf';
import type { Value } from '../../../ir/module.ts';
import type { Opsets } from './decode.ts';

export class Scope {
  readonly opsets: Opsets;
  /** Attributes of the function call whose body this is, for attributes that refer to them. */
  readonly callAttributes: ReadonlyMap<string, AttributeProto>;
  /** Calls and subgraphs around this one. */
  readonly depth: number;
  private readonly values = new Map<string, Value>();
  private readonly failed = new Set<string>();
  private readonly parent: Scope | undefined;

  private constructor(
    opsets: Opsets,
    callAttributes: ReadonlyMap<string, AttributeProto>,
    depth: number,
    parent: Scope | undefined,
  ) {
    this.opsets = opsets;
    this.callAttributes = callAttributes;
    this.depth = depth;
    this.parent = parent;
  }

  /** The scope of a model's main graph. */
  static root(opsets: Opsets): Scope {
    return new Scope(opsets, new Map(), 0, undefined);
  }

  /** The scope of a subgraph: outer names are seen. */
  subgraph(): Scope {
    return new Scope(this.opsets, this.callAttributes, this.depth + 1, this);
  }

  /** The scope of a function's body: no outer names. */
  call(opsets: Opsets, attributes: ReadonlyMap<string, AttributeProto>): Scope {
    return new Scope(opsets, attributes, this.depth + 1, undefined);
  }

  /** True when this very scope has a value or a failure of that name: names are defined once. */
  has(name: string): boolean {
    return this.values.has(name) || this.failed.has(name);
  }

  define(name: string, value: Value): void {
    this.values.set(name, value);
  }

  /** Says that no value of that name could be made, and why is known. */
  defineFailed(name: string): void {
    this.failed.add(name);
  }

  find(name: string): Value | 'failed' | undefined {
    const value = this.values.get(name);
    if (value !== undefined) return value;
    return this.failed.has(name) ? 'failed' : this.parent?.find(name);
  }
}
