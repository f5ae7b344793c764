// The state of a TFLite model: variable tensors (recurrent cells) and resource variables (streaming networks). Reads
// and assignments become values threaded through the function, so that nothing after the importer has side effects.
import { fail, quoteName } from '../../../ir/diagnostics.ts';
import type { Func, State, Value } from '../../../ir/module.ts';
import { constantOf } from '../../../ir/ops/constant.ts';
import { allocateTensor, type TensorData } from '../../../ir/tensor-data.ts';
import { elementCount, formatType, type TensorType } from '../../../ir/types.ts';
import type { TensorView } from './model.ts';
import type { ResourceScope } from './operator-context.ts';
import { typeOfTensor } from './tensor-types.ts';

export class Resources implements ResourceScope {
  private readonly func: Func;
  private readonly runSubgraph: (index: number) => void;
  private readonly handles = new Map<number, string>();
  private readonly states = new Map<string, State>();
  private readonly starts = new Map<string, TensorData>();
  private readonly variables = new Map<number, State>();
  private readonly initialized = new Set<number>();
  private initializing = false;
  /** Handles of an initializing subgraph are numbered in that subgraph. */
  private initializerHandles = new Map<number, string>();

  constructor(func: Func, runSubgraph: (index: number) => void) {
    this.func = func;
    this.runSubgraph = runSubgraph;
  }

  /**
   * The state behind a variable tensor; it starts as the integer zero, as TensorFlow Lite Micro's does for every type
   * but int8, which starts as its zero point (micro_interpreter_graph.cc, ResetVariableTensors).
   */
  variable(index: number, tensor: TensorView): State {
    const known = this.variables.get(index);
    if (known !== undefined) return known;
    if (!tensor.isVariable) fail('I8C0207', `Tensor #${index} ${quoteName(tensor.name)} is not a variable.`);
    const initial = allocateTensor(typeOfTensor(tensor));
    if (initial.type.element === 'i8') (initial.data as Int8Array).fill(initial.type.quant?.zero[0] ?? 0);
    const state = this.func.addState(tensor.name === '' ? `variable${index}` : tensor.name, initial);
    this.variables.set(index, state);
    return state;
  }

  bind(handle: number, name: string): void {
    (this.initializing ? this.initializerHandles : this.handles).set(handle, name);
  }

  read(handle: number, type: TensorType): Value {
    return this.state(this.nameOf(handle), type).next;
  }

  assign(handle: number, value: Value): void {
    const name = this.nameOf(handle);
    if (this.initializing) {
      const data = constantOf(value);
      if (data === undefined) fail('I8C0205', `The starting value of ${quoteName(name)} is computed at run time.`);
      this.starts.set(name, data);
      return;
    }
    const state = this.state(name, value.type);
    const [from, to] = [state.param.type, value.type];
    if (from.element !== to.element || elementCount(from.shape) !== elementCount(to.shape)) {
      fail('I8C0207', `Variable ${quoteName(name)} is ${formatType(from)} and is assigned ${formatType(to)}.`);
    }
    state.next = value;
  }

  initialize(subgraph: number): void {
    if (this.initialized.has(subgraph)) return;
    this.initialized.add(subgraph);
    this.runSubgraph(subgraph);
  }

  /** Runs `build` so that assignments set starting values. */
  startingValues(build: () => void): void {
    if (this.initializing) fail('I8C0206', 'An initializing subgraph initializes others.');
    this.initializing = true;
    this.initializerHandles = new Map();
    try {
      build();
    } finally {
      this.initializing = false;
    }
  }

  private nameOf(handle: number): string {
    const name = (this.initializing ? this.initializerHandles : this.handles).get(handle);
    return name ?? fail('I8C0207', `Tensor #${handle} is not the handle of a variable.`);
  }

  private state(name: string, type: TensorType): State {
    const known = this.states.get(name);
    if (known !== undefined) return known;
    const initial = this.starts.get(name) ?? allocateTensor(type);
    const state = this.func.addState(name, { type, data: initial.data });
    if (initial.type.element !== type.element || elementCount(initial.type.shape) !== elementCount(type.shape)) {
      fail(
        'I8C0207',
        `Variable ${quoteName(name)} starts as ${formatType(initial.type)}, is read as ${formatType(type)}.`,
      );
    }
    this.states.set(name, state);
    return state;
  }
}
