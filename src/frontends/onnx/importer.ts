// ONNX bytes to a tensor IR module: walks the graph in order, a table row per operator, functions and subgraphs in place,
// and reports everything it cannot take, not the first thing only.
import type { AttributeProto, FunctionProto, GraphProto, NodeProto, TensorProto } from 'onnx-buf';
import { Builder } from '../../../ir/builder.ts';
import { RuleViolation } from '../../../ir/define-op.ts';
import { CompileError, type Diagnostic, fail, quoteName } from '../../../ir/diagnostics.ts';
import { Func, Module, type Value } from '../../../ir/module.ts';
import { constant } from '../../../ir/ops/constant.ts';
import { didYouMean } from '../../../ir/spelling.ts';
import type { TensorData } from '../../../ir/tensor-data.ts';
import { foldSmallConstants } from '../fold-small-constants.ts';
import { constantTensor } from './constant-tensor.ts';
import { canonicalDomain, decodeOnnx, functionKey, type OnnxModel, opsetsOf } from './decode.ts';
import { elementMapping } from './element-types.ts';
import type { ReadExternal } from './external-data.ts';
import { type BoundInput, type BoundInputs, InputShapes } from './graph-inputs.ts';
import { NarrowValues } from './narrow-values.ts';
import { type ImportScope, NodeContext, valueName } from './node-context.ts';
import { rowOf } from './operators/index.ts';
import { Scope } from './scope.ts';

export interface OnnxImportOptions {
  /** Name of the module. */
  name: string;
  /** Extents of symbolic dimensions by their name in the model; those not named are 1. */
  dims?: Readonly<Record<string, number>> | undefined;
  /** Graph inputs that are fixed at compile time (a shape, an axis) instead of being inputs of the program. */
  bind?: BoundInputs | undefined;
  /** Values to return beside the outputs, for looking inside a network: by name, or all that nodes of the graph compute. */
  expose?: 'all' | readonly (string | number)[] | undefined;
  readExternal?: ReadExternal | undefined;
}

export interface OnnxImport {
  readonly module: Module;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a serialized ONNX model. Throws CompileError with every error found. */
export function importOnnx(bytes: Uint8Array, options: OnnxImportOptions): OnnxImport {
  const model = decodeOnnx(bytes);
  const module = new Module(options.name, 'half-even');
  const importer = new GraphImporter(model, new Func('main'), options);
  importer.run();
  module.functions.push(importer.func);
  return { module, diagnostics: importer.diagnostics };
}

/** Thrown for a value whose operator was refused before: its error is known already. */
class KnownFailure extends Error {}

/** Calls and subgraphs inside each other; beyond it lies recursion, which ONNX forbids. */
const maxDepth = 32;
/** Nodes that are built, unrolled loops and repeated calls included. */
const maxNodes = 200_000;

class GraphImporter {
  readonly func: Func;
  readonly diagnostics: Diagnostic[] = [];
  private readonly model: OnnxModel;
  private readonly options: OnnxImportOptions;
  private readonly builder: Builder;
  private readonly narrow = new NarrowValues();
  private nodes = 0;
  /** Functions whose bodies are being written. */
  private readonly open = new Set<FunctionProto>();

  constructor(model: OnnxModel, func: Func, options: OnnxImportOptions) {
    this.model = model;
    this.func = func;
    this.builder = new Builder(func);
    this.options = options;
  }

  /** Builds the main graph into the function. */
  run(): void {
    const { graph, opsets } = this.model;
    const scope = Scope.root(opsets);
    this.initializers(graph, scope);
    this.inputs(graph, scope);
    this.nodeList(graph.node, scope);
    this.throwErrors();
    this.outputs(graph, scope);
    this.throwErrors();
  }

  private throwErrors(): void {
    const errors = this.diagnostics.filter((d) => d.severity === 'error');
    // An extent that was assumed is often what is wrong.
    const assumed = this.diagnostics.filter((d) => d.severity === 'note' && d.code === 'I8C0204');
    if (errors.length > 0) throw new CompileError([...errors, ...assumed]);
  }

  private inputs(graph: GraphProto, scope: Scope): void {
    const shapes = new InputShapes(this.options.dims ?? {});
    // Files of IR version 3 list initializers among the inputs.
    const inputs = graph.input.filter(({ name }) => !scope.has(name));
    const names = inputs.map(({ name }) => name);
    for (const name of Object.keys(this.options.bind ?? {})) {
      if (names.includes(name)) continue;
      const hint = didYouMean(name, names);
      fail('I8C0403', `The model has no input ${quoteName(name)}.`, hint === undefined ? {} : { hint });
    }
    for (const input of inputs) {
      if (scope.has(input.name)) fail('I8C0002', `The graph has two inputs ${quoteName(input.name)}.`);
      this.guard(`input ${quoteName(input.name)}`, () => {
        const bound = this.boundTo(input.name);
        const value =
          bound === undefined
            ? this.func.addInput(input.name, shapes.typeOf(input))
            : this.constant(shapes.boundValue(input, bound), input.name);
        const { value: type } = input.type ?? {};
        if (type?.case === 'tensorType') this.narrow.note(value, type.value.elemType);
        scope.define(input.name, value);
      });
      if (!scope.has(input.name)) scope.defineFailed(input.name);
    }
    this.diagnostics.push(...shapes.findings());
  }

  /** What the user gave an input; names of a model may be those that every object has. */
  private boundTo(name: string): BoundInput | undefined {
    const { bind = {} } = this.options;
    return Object.hasOwn(bind, name) ? bind[name] : undefined;
  }

  private initializers(graph: GraphProto, scope: Scope): void {
    if (graph.sparseInitializer.length > 0) {
      fail('I8C0202', 'The model has sparse initializers.', { hint: 'Export it with dense weights.' });
    }
    for (const proto of graph.initializer) {
      if (scope.has(proto.name)) fail('I8C0002', `There are two initializers ${quoteName(proto.name)}.`);
      const built = this.guard(`initializer ${quoteName(proto.name)}`, () => {
        const instead = elementMapping(proto.dataType)?.instead;
        if (instead !== undefined) this.noteConversion(instead);
        scope.define(proto.name, this.constant(this.contents(proto), proto.name));
      });
      if (!built) scope.defineFailed(proto.name);
    }
  }

  private readonly notedConversions = new Set<string>();

  /** Says once per type that values of it become another type's. */
  private noteConversion(type: string): void {
    if (this.notedConversions.has(type)) return;
    this.notedConversions.add(type);
    this.diagnostics.push({
      code: 'I8C0303',
      severity: 'note',
      message: `The model uses ${type}, which int8c computes in another type (docs/onnx.md).`,
    });
  }

  private contents(proto: TensorProto): TensorData {
    const value = constantTensor(proto, this.options.readExternal);
    this.narrow.note(value, proto.dataType);
    return value;
  }

  private constant(value: TensorData, name: string): Value {
    return this.builder.create(constant, [], { value }, value.type, valueName(name));
  }

  private outputs(graph: GraphProto, scope: Scope): void {
    const names = graph.output.map(({ name }) => name);
    const { expose = [] } = this.options;
    const computed = graph.node.flatMap(({ output }) => output).filter((name) => name !== '' && !names.includes(name));
    for (const name of expose === 'all' ? computed : expose.map(String)) {
      if (computed.includes(name)) names.push(name);
      else if (!names.includes(name)) {
        const hint = didYouMean(name, computed);
        fail('I8C0403', `The model computes no value ${quoteName(name)}.`, hint === undefined ? {} : { hint });
      }
    }
    if (names.length === 0) fail('I8C0207', 'The graph has no outputs.');
    for (const name of names) {
      this.guard(`output ${quoteName(name)}`, () => this.func.addOutput(name, this.lookUp(scope, name)));
    }
  }

  private nodeList(nodes: readonly NodeProto[], scope: Scope): void {
    for (const [position, node] of nodes.entries()) this.node(node, position, scope);
  }

  private node(node: NodeProto, position: number, scope: Scope): void {
    this.countNode();
    const attributes = resolvedAttributes(node, scope);
    const domain = canonicalDomain(node.domain);
    const context = new NodeContext(node, position, attributes, scope.opsets.get(domain) ?? 1, this.scopeOf(scope));
    this.builder.location = context.where;
    const before = this.func.ops.length;
    const built = this.guard(context.where, () => {
      const results = this.build(context, domain, scope);
      this.builder.location = context.where;
      const values = foldSmallConstants(this.func, before, this.builder, results, foldedElements);
      node.output.forEach((name, i) => {
        if (name === '') return;
        const value = values[i] ?? context.fail('I8C0207', `It has no output ${i}.`);
        if (scope.has(name)) context.fail('I8C0207', `${quoteName(name)} is computed twice.`);
        scope.define(name, value);
      });
    });
    if (built) return;
    for (const name of node.output) if (name !== '' && !scope.has(name)) scope.defineFailed(name);
  }

  /** The results of a node: by the model's own function where it has one, else by its row. */
  private build(context: NodeContext, domain: string, scope: Scope): readonly Value[] {
    const { node } = context;
    const body = this.model.functions.get(functionKey(domain, node.opType, node.overload));
    if (body !== undefined) return this.call(context, body, scope);
    const row = rowOf(domain, node.opType);
    if (row === undefined) {
      const name = domain === '' ? node.opType : `${domain}.${node.opType}`;
      return context.fail(
        'I8C0201',
        `int8c does not know the operator ${quoteName(name)}.`,
        'docs/onnx-support.md lists what int8c knows.',
      );
    }
    const result = row(context);
    return Array.isArray(result) ? result : [result as Value];
  }

  /** Writes a function's body in the place of its call. */
  private call(context: NodeContext, body: FunctionProto, scope: Scope): readonly Value[] {
    const attributes = new Map(body.attributeProto.map((a) => [a.name, a]));
    for (const [name, attribute] of resolvedAttributes(context.node, scope)) attributes.set(name, attribute);
    const inner = scope.call(new Map([...scope.opsets, ...opsetsOf(body.opsetImport)]), attributes);
    this.checkDepth(inner, context.where);
    body.input.forEach((name, i) => {
      const value = context.optional(i);
      if (value !== undefined) inner.define(name, value);
    });
    // Without this, a function that calls itself twice is written out until there are too many nodes.
    if (this.open.has(body)) context.fail('I8C0206', `The function ${quoteName(body.name)} calls itself.`);
    this.open.add(body);
    try {
      this.nodeList(body.node, inner);
    } finally {
      this.open.delete(body);
    }
    return body.output.map((name) => this.lookUp(inner, name));
  }

  /** Also counts passes through loops, so that a loop with nothing in it ends. */
  private countNode(): void {
    if (++this.nodes <= maxNodes) return;
    fail('I8C0004', `The model has more than ${maxNodes} operators once its loops and functions are written out.`);
  }

  private runGraph(graph: GraphProto, inputs: readonly Value[], scope: Scope): readonly Value[] {
    this.countNode();
    const inner = scope.subgraph();
    this.checkDepth(inner, `graph ${quoteName(graph.name)}`);
    this.initializers(graph, inner);
    const names = graph.input.map(({ name }) => name).filter((name) => !inner.has(name));
    if (names.length > inputs.length)
      fail('I8C0207', `The subgraph takes ${names.length} inputs, not ${inputs.length}.`);
    for (const [i, name] of names.entries()) inner.define(name, inputs[i]!);
    this.nodeList(graph.node, inner);
    return graph.output.map(({ name }) => this.lookUp(inner, name));
  }

  private checkDepth({ depth }: Scope, where: string): void {
    if (depth > maxDepth) fail('I8C0206', `Functions and subgraphs are nested more than ${maxDepth} deep.`, { where });
  }

  private scopeOf(scope: Scope): ImportScope {
    return {
      builder: this.builder,
      names: scope,
      value: (name) => this.lookUp(scope, name),
      tensor: ({ t }) => {
        if (t === undefined) return fail('I8C0002', 'A tensor attribute has no tensor.');
        const instead = elementMapping(t.dataType)?.instead;
        if (instead !== undefined) this.noteConversion(instead);
        return this.contents(t);
      },
      runGraph: (graph, inputs) => this.runGraph(graph, inputs, scope),
      narrow: this.narrow,
      report: (diagnostic) => this.diagnostics.push(diagnostic),
    };
  }

  private lookUp(scope: Scope, name: string): Value {
    const found = scope.find(name);
    if (found === 'failed') throw new KnownFailure();
    return found ?? fail('I8C0207', `There is no value ${quoteName(name)} before it is used.`);
  }

  /** Runs `build`; its errors are collected. False when it failed. */
  private guard(where: string, build: () => void): boolean {
    try {
      build();
      return true;
    } catch (error) {
      if (error instanceof KnownFailure) return false;
      if (this.nodes > maxNodes) throw error;
      if (error instanceof RuleViolation) {
        this.diagnostics.push({ code: 'I8C0207', severity: 'error', where, message: `The operator ${error.message}.` });
        return false;
      }
      if (!(error instanceof CompileError)) throw error;
      this.diagnostics.push(...error.diagnostics.map((d) => (d.where === undefined ? { ...d, where } : d)));
      return false;
    }
  }
}

/** Elements of constants that are computed while importing: shapes and indices, and the factors of Resize and Range. */
const foldedElements = ['i32', 'i64', 'bool', 'f32'] as const;

/** A node's attributes by name; those that refer to an attribute of the call around are replaced by it, or absent. */
function resolvedAttributes(node: NodeProto, scope: Scope): ReadonlyMap<string, AttributeProto> {
  const attributes = new Map<string, AttributeProto>();
  for (const attribute of node.attribute) {
    const given = attribute.refAttrName === '' ? attribute : scope.callAttributes.get(attribute.refAttrName);
    if (given !== undefined) attributes.set(attribute.name, given);
  }
  return attributes;
}
