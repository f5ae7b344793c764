// States of a program as TFLite variables: read before everything else, assigned behind it, and given their initial
// values by a subgraph of their own that runs once.
// Source: TensorFlow Lite kernels/var_handle.cc, read_variable.cc, assign_variable.cc, call_once.cc.
import type { State } from '../../../ir/module.ts';
import type { SubgraphDraft, TensorIndex, TfliteModelDraft } from './model.ts';
import type { TfliteTensors } from './tensors.ts';

/** Every operator here has one version only. */
const version = 1;

export class Variables {
  private readonly model: TfliteModelDraft;
  private readonly subgraph: SubgraphDraft;
  private readonly tensors: TfliteTensors;
  private readonly handles: (readonly [State, TensorIndex])[] = [];

  constructor(model: TfliteModelDraft, subgraph: SubgraphDraft, tensors: TfliteTensors) {
    this.model = model;
    this.subgraph = subgraph;
    this.tensors = tensors;
  }

  /** Reads every state at the start of the program. */
  read(states: readonly State[]): void {
    if (states.length === 0) return;
    const { model, subgraph } = this;
    const initializer = model.subgraph('initialize');
    const once = { type: 'CallOnceOptions', value: { initSubgraphIndex: model.indexOf(initializer) } } as const;
    model.operator(subgraph, 'CALL_ONCE', version, [], [], once);
    for (const state of states) {
      const value = model.constant(initializer, `${state.name}_initial`, state.initial);
      this.assign(initializer, this.handle(initializer, state.name), value);
      const handle = this.handle(subgraph, state.name);
      this.handles.push([state, handle]);
      const param = this.tensors.input(state.param, state.param.name);
      const options = { type: 'ReadVariableOptions', value: {} } as const;
      model.operator(subgraph, 'READ_VARIABLE', version, [handle], [param], options);
    }
  }

  /** Assigns the next values at the end of the program. */
  assignNext(): void {
    for (const [state, handle] of this.handles) {
      this.assign(this.subgraph, handle, this.tensors.output(state.next, `${state.name}_next`));
    }
  }

  private handle(subgraph: SubgraphDraft, sharedName: string): TensorIndex {
    const handle = this.model.tensor(subgraph, sharedName, 'resource');
    const options = { type: 'VarHandleOptions', value: { container: '', sharedName } } as const;
    this.model.operator(subgraph, 'VAR_HANDLE', version, [], [handle], options);
    return handle;
  }

  private assign(subgraph: SubgraphDraft, handle: TensorIndex, value: TensorIndex): void {
    const options = { type: 'AssignVariableOptions', value: {} } as const;
    this.model.operator(subgraph, 'ASSIGN_VARIABLE', version, [handle, value], [], options);
  }
}
