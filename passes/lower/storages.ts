// Where every value of a function lives: input, output, constant, state or arena. Views share the storage of what they
// view; results that cannot be computed in place of an output or a state are copied at the end.
import type { InterfaceTensor, Storage } from '../../ir/loops/kernel.ts';
import type { Func, Op, Port, State, Value } from '../../ir/module.ts';
import { constantOf } from '../../ir/ops/constant.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { type ElementType, elementCount, type TensorType } from '../../ir/types.ts';

/** A copy that the program makes after an operator, or after its last one. */
export interface Copy {
  readonly from: Storage;
  readonly to: Storage;
  readonly location: string;
  readonly after?: Op | undefined;
}

/** A storage whose name is only what it would like to be called, until all of them are known. */
type Unnamed = { -readonly [K in keyof Storage]: Storage[K] };

export class StorageAssignment {
  readonly copies: Copy[] = [];
  private readonly byValue = new Map<Value, Storage>();
  private readonly list: Unnamed[] = [];

  /** The storage of a value; a constant that has none yet is named by `hint`, which says what it is used for. */
  of(value: Value, hint?: string): Storage {
    const root = rootOf(value);
    const known = this.byValue.get(root);
    if (known !== undefined) return known;
    const data = constantOf(root);
    const type = root.type;
    const storage = this.add({
      name: data === undefined ? root.name : (hint ?? root.name),
      storage: data === undefined ? 'arena' : 'const',
      element: type.element,
      length: elementCount(type.shape),
      ...(data === undefined ? {} : { data: data.data }),
    });
    this.byValue.set(root, storage);
    return storage;
  }

  /**
   * The program's storages: its interface, and what its calls use. They get their names only now, so that none is
   * numbered because of one that was dropped (a bias, say, that a schedule replaced by another).
   */
  finish(used: ReadonlySet<Storage>): Storage[] {
    const kept = this.list.filter((s) => used.has(s) || !['const', 'arena'].includes(s.storage));
    const names = new Set<string>();
    const numbers = new Map<string, number>();
    for (const storage of kept) {
      const wanted = storage.name;
      for (let i = numbers.get(wanted) ?? 2; names.has(storage.name); i++) {
        storage.name = `${wanted}_${i}`;
        numbers.set(wanted, i + 1);
      }
      names.add(storage.name);
    }
    return kept;
  }

  addPort(kind: 'input' | 'output', port: Port, fallback: string): Storage {
    return this.add({
      name: fallback,
      storage: kind,
      element: port.value.type.element,
      length: elementCount(port.value.type.shape),
      tensor: interfaceTensor(port.name, port.value.type),
    });
  }

  addState(name: string, type: TensorType, data: TensorArray): Storage {
    const length = elementCount(type.shape);
    const tensor = interfaceTensor(name, type);
    return this.add({ name: 'state', storage: 'state', element: type.element, length, data, tensor });
  }

  addConstant(name: string, element: ElementType, data: TensorArray, packing: string | undefined): Storage {
    const packed = packing === undefined ? {} : { packing };
    return this.add({ name, storage: 'const', element, length: data.length, data, ...packed });
  }

  addScratch(name: string, element: ElementType, length: number): Storage {
    return this.add({ name, storage: 'arena', element, length });
  }

  bind(value: Value, storage: Storage): void {
    this.byValue.set(value, storage);
  }

  isBound(value: Value): boolean {
    return this.byValue.has(value);
  }

  private add(storage: Unnamed): Storage {
    storage.name ||= 't';
    this.list.push(storage);
    return storage;
  }
}

/** The value whose bytes a view shows. */
function rootOf(value: Value): Value {
  let root = value;
  while (root.producer?.definition.view) root = root.producer.operand(0);
  return root;
}

function interfaceTensor(name: string, type: TensorType): InterfaceTensor {
  return type.quant === undefined ? { name, shape: type.shape } : { name, shape: type.shape, quant: type.quant };
}

/** Gives inputs, outputs and states their storages; everything else gets one on first use. */
export function assignStorages(func: Func): StorageAssignment {
  const storages = new StorageAssignment();
  for (const [i, port] of func.inputs.entries()) {
    storages.bind(port.value, storages.addPort('input', port, `input${i}`));
  }
  const outputs = func.outputs.map((port, i) => storages.addPort('output', port, `output${i}`));
  const states = func.states.map((s) => {
    const storage = storages.addState(s.name, s.param.type, s.initial.data);
    storages.bind(s.param, storage);
    return storage;
  });
  // A value that an operator computes is computed right into the output, once.
  for (const [i, port] of func.outputs.entries()) {
    const root = rootOf(port.value);
    const computed = root.producer !== undefined && constantOf(root) === undefined;
    if (computed && !storages.isBound(root)) storages.bind(root, outputs[i]!);
  }
  const plans = func.states.map((s) => planNext(func, s));
  for (const [i, s] of func.states.entries()) {
    const root = rootOf(s.next);
    if (plans[i]!.direct && !storages.isBound(root)) storages.bind(root, states[i]!);
  }
  for (const [i, port] of func.outputs.entries()) {
    const from = storages.of(port.value);
    const to = outputs[i]!;
    if (from !== to) storages.copies.push({ from, to, location: `output ${port.name}` });
  }
  // A next value that is another state's current one is saved before any state is overwritten.
  const saved = func.states.map((s, i) => {
    const from = storages.of(s.next);
    if (from === states[i] || !states.includes(from)) return from;
    const temporary = storages.addScratch('next_state', from.element, from.length);
    storages.copies.push({ from, to: temporary, location: `state ${s.name}` });
    return temporary;
  });
  for (const [i, s] of func.states.entries()) {
    const [from, to] = [saved[i]!, states[i]!];
    const after = from === storages.of(s.next) ? plans[i]!.after : undefined;
    if (from !== to) storages.copies.push({ from, to, location: `state ${s.name}`, after });
  }
  return storages;
}

/** How a state gets its next value. */
interface NextPlan {
  /** The next value can be computed right into the state: its current value has had its last reader before. */
  readonly direct: boolean;
  /** Otherwise: the operator after which it can be copied there. Undefined where only the end of the program will do. */
  readonly after: Op | undefined;
}

function planNext(func: Func, state: State): NextPlan {
  const { param } = state;
  const root = rootOf(state.next);
  const producer = root.producer;
  const returned = [...func.outputs.map((o) => o.value), ...func.states.map((s) => s.next)];
  const keptToTheEnd = returned.some((v) => rootOf(v) === param);
  if (producer === undefined || constantOf(root) !== undefined || keptToTheEnd)
    return { direct: false, after: undefined };
  const last = func.ops.findLastIndex((op) => op.operands.some((v) => v !== undefined && rootOf(v) === param));
  const computed = func.ops.indexOf(producer);
  return { direct: last < computed, after: func.ops[Math.max(last, computed)] };
}
