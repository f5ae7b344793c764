// Rows of resource variables: reads and assignments of named state.
import type { Rows } from '../operator-context.ts';

export const variableRows: Rows = {
  CALL_ONCE(op) {
    op.scope.resources.initialize(op.options('CallOnceOptions').initSubgraphIndex);
    return [];
  },
  VAR_HANDLE(op) {
    const { container, sharedName } = op.options('VarHandleOptions');
    op.scope.resources.bind(op.operator.outputs[0] ?? -1, `${container ?? ''}/${sharedName ?? ''}`.replace(/^\//, ''));
    return [];
  },
  READ_VARIABLE(op) {
    return op.scope.resources.read(op.operator.inputs[0] ?? -1, op.outputType());
  },
  ASSIGN_VARIABLE(op) {
    op.scope.resources.assign(op.operator.inputs[0] ?? -1, op.input(1));
    return [];
  },
};
