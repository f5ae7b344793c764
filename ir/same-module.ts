// Structural equality of modules: the same names, types, operators, attributes, contents, states and locations.
import { sameAttribute } from './attributes.ts';
import type { Func, Module, Op, Port, State, Value } from './module.ts';
import { sameBytes, type TensorData } from './tensor-data.ts';
import { sameType } from './types.ts';

function sameList<T>(a: readonly T[], b: readonly T[], same: (x: T, y: T) => boolean): boolean {
  return a.length === b.length && a.every((x, i) => same(x, b[i] as T));
}

/** Names are unique in a function, so equal names are the same value. */
function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.name === b.name && sameType(a.type, b.type);
}

const samePort = (a: Port, b: Port) => a.name === b.name && sameValue(a.value, b.value);

const sameData = (a: TensorData, b: TensorData) => sameType(a.type, b.type) && sameBytes(a.data, b.data);

function sameState(a: State, b: State): boolean {
  return (
    a.name === b.name && sameData(a.initial, b.initial) && sameValue(a.param, b.param) && sameValue(a.next, b.next)
  );
}

function sameOp(a: Op, b: Op): boolean {
  const attributes = new Set([...Object.keys(a.attributes), ...Object.keys(b.attributes)]);
  return (
    a.definition === b.definition &&
    a.location === b.location &&
    sameList(a.operands, b.operands, sameValue) &&
    sameList(a.results, b.results, sameValue) &&
    [...attributes].every((name) => sameAttribute(a.attributes[name], b.attributes[name]))
  );
}

function sameFunc(a: Func, b: Func): boolean {
  return (
    a.name === b.name &&
    sameList(a.inputs, b.inputs, samePort) &&
    sameList(a.states, b.states, sameState) &&
    sameList(a.ops, b.ops, sameOp) &&
    sameList(a.outputs, b.outputs, samePort)
  );
}

/** True when two modules are the same program under the same names. */
export function sameModule(a: Module, b: Module): boolean {
  return a.name === b.name && a.rounding === b.rounding && sameList(a.functions, b.functions, sameFunc);
}
