// Rows of control flow. A program has none left: branches are chosen or both computed, loops are written out.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md (If, Loop, Scan).
import type { Value } from '../../../../ir/module.ts';
import { concat } from '../../../../ir/ops/concat.ts';
import { constantOf } from '../../../../ir/ops/constant.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { select } from '../../../../ir/ops/select.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { sameShape } from '../../../../ir/types.ts';
import type { NodeContext, Rows } from '../node-context.ts';
import { sliceAxis } from './moving.ts';

export const controlRows: Rows = {
  If(op) {
    const known = op.constantInput(0);
    if (known !== undefined) return op.runGraph(known.data[0] ? 'then_branch' : 'else_branch', []);
    // Nothing has effects: both branches may run, and the condition chooses between their results.
    const [yes, no] = [op.runGraph('then_branch', []), op.runGraph('else_branch', [])];
    const condition = op.emit(reshape, [op.input(0)], { shape: [] });
    return yes.map((a, i) => {
      const b = no[i] ?? op.fail('I8C0207', 'Its branches have different numbers of outputs.');
      if (!sameShape(a.type.shape, b.type.shape)) {
        return op.fail(
          'I8C0206',
          `Its branches give shapes [${a.type.shape}] and [${b.type.shape}], and its condition is computed at run time.`,
        );
      }
      return op.emit(select, [condition, a, b]);
    });
  },
  Loop(op) {
    const trips = op.has(0) ? Number(op.constant(0, 'trip count').data[0]) : Number.POSITIVE_INFINITY;
    let carried = op.node.input.slice(2).map((_, i) => op.input(i + 2));
    let running = op.has(1) ? op.input(1) : op.scalar('bool', 1);
    const scans: Value[][] = [];
    for (let i = 0; i < trips; i++) {
      const goesOn = constantOf(running);
      if (goesOn === undefined) return op.fail('I8C0206', 'Whether the loop goes on is computed at run time.');
      if (!goesOn.data[0]) break;
      const results = op.runGraph('body', [op.scalar('i64', i), running, ...carried]);
      running = results[0] ?? op.fail('I8C0207', 'Its body has no outputs.');
      collect(scans, results.slice(1 + carried.length));
      carried = results.slice(1, 1 + carried.length);
    }
    const missing = op.outputCount - carried.length - scans.length;
    if (missing > 0) return op.fail('I8C0206', 'The loop never runs, so the shape of what it collects is not known.');
    return [...carried, ...scans.map((parts) => stacked(op, parts, 0, false))];
  },
  Scan(op) {
    if (op.opset < 9)
      return op.unsupported('Scan before version 9 is not supported.', 'Convert the model to opset 9 or later.');
    const scanned = op.int('num_scan_inputs');
    const states = op.inputCount - scanned;
    const sources = op.node.input.slice(states).map((_, i) => op.input(states + i));
    const axisOf = (x: Value, i: number) => normalizeAxis(op.ints('scan_input_axes')?.[i] ?? 0, x.type.shape.length);
    const steps = sources.map((x, i) => x.type.shape[axisOf(x, i)]!);
    const count = steps[0] ?? 0;
    if (steps.some((n) => n !== count) || count === 0) op.fail('I8C0207', 'Its inputs have no common number of steps.');
    let carried = op.node.input.slice(0, states).map((_, i) => op.input(i));
    const collected: Value[][] = [];
    for (let step = 0; step < count; step++) {
      const parts = sources.map((x, i) => {
        const axis = axisOf(x, i);
        const at = op.ints('scan_input_directions')?.[i] ? count - 1 - step : step;
        return op.emit(reshape, [sliceAxis(op, x, axis, at, 1)], { shape: x.type.shape.toSpliced(axis, 1) });
      });
      const results = op.runGraph('body', [...carried, ...parts]);
      carried = results.slice(0, states);
      collect(collected, results.slice(states));
    }
    const outputs = collected.map((parts, i) => {
      const axis = normalizeAxis(op.ints('scan_output_axes')?.[i] ?? 0, (parts[0]?.type.shape.length ?? 0) + 1);
      return stacked(op, parts, axis, Boolean(op.ints('scan_output_directions')?.[i]));
    });
    return [...carried, ...outputs];
  },
};

/** Adds what one step gives to the lists of all steps. */
function collect(lists: Value[][], results: readonly Value[]): void {
  for (const [i, value] of results.entries()) {
    const list = lists[i];
    if (list === undefined) lists[i] = [value];
    else list.push(value);
  }
}

/** Tensors of equal shape along a new axis. */
function stacked(op: NodeContext, parts: readonly Value[], axis: number, backwards: boolean): Value {
  const expanded = parts.map((x) => op.emit(reshape, [x], { shape: x.type.shape.toSpliced(axis, 0, 1) }));
  return op.emit(concat, backwards ? expanded.toReversed() : expanded, { axis });
}
