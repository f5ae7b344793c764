// The verifier of the tensor IR: one broken module per rule, and the message it gets.
import { describe, expect, it } from 'vitest';
import { attr } from '../../ir/attributes.ts';
import { Builder } from '../../ir/builder.ts';
import { defineOp, required } from '../../ir/define-op.ts';
import { CompileError, formatDiagnostic } from '../../ir/diagnostics.ts';
import { Func, Module, Op, Value } from '../../ir/module.ts';
import { constant } from '../../ir/ops/constant.ts';
import { reshape } from '../../ir/ops/reshape.ts';
import { tensorOf } from '../../ir/tensor-data.ts';
import { perTensor, tensorType } from '../../ir/types.ts';
import { assertVerified, verifyModule } from '../../ir/verifier.ts';

/** An operator whose attribute need not be given. */
const withFallback = defineOp({
  name: 'with_fallback',
  doc: 'The operand.',
  operands: [{ name: 'x', doc: 'Anything.' }],
  attributes: { axis: attr.int({ fallback: 0, doc: 'Not needed.' }) },
  results: ['y'],
  types: ({ operands }) => [required(operands, 0)],
});

const i8x4 = tensorType('i8', [4]);

interface Sound {
  readonly module: Module;
  readonly func: Func;
  readonly x: Value;
  /** y = reshape x, z = reshape y. */
  readonly y: Op;
  readonly z: Op;
}

function sound(): Sound {
  const module = new Module('m');
  const func = new Func('f');
  module.functions.push(func);
  const x = func.addInput('in', i8x4);
  func.addState('st', tensorOf(i8x4, [1, 2, 3, 4]));
  const b = new Builder(func);
  const y = b.op(reshape, [x], { shape: [2, 2] }, { names: ['y'], location: 'model/y' });
  const z = b.op(reshape, [y.result], { shape: [4] }, { names: ['z'] });
  func.addOutput('out', z.result);
  return { module, func, x, y, z };
}

/** An operator outside of the builder's checks. */
function rawReshape(x: Value, shape: number[], result: Value): Op {
  const op = new Op(reshape, [x], { shape }, '');
  op.results = [result];
  result.producer = op;
  return op;
}

const cases: readonly [rule: string, breakRule: (s: Sound) => void, message: string][] = [
  [
    'functions have names of their own',
    ({ module }) => module.functions.push(new Func('f')),
    'function "f": is defined twice.',
  ],
  [
    'operands are defined before their use',
    ({ func }) => func.ops.reverse(),
    'reshape #0: uses %y, which is not defined before it.',
  ],
  ['a value is defined once', ({ func, y }) => func.ops.push(y), 'reshape #2 "model/y": defines %y a second time.'],
  [
    'names are unique',
    ({ func, x }) => func.ops.push(rawReshape(x, [4], new Value(i8x4, 'y'))),
    'reshape #2: defines another value with the name %y.',
  ],
  [
    'a parameter has no producer',
    ({ x, y }) => {
      x.producer = y;
    },
    'input "in": %in is a parameter, but has a producer.',
  ],
  [
    'a result names its producer',
    ({ y, z }) => {
      y.result.producer = z;
    },
    'reshape #0 "model/y": is not the producer that its result %y names.',
  ],
  [
    'outputs are defined',
    ({ func }) => func.addOutput('lost', new Value(i8x4, 'lost')),
    'function "f": output "lost" is %lost, which is not defined.',
  ],
  [
    'users include every use',
    ({ x }) => x.users.clear(),
    '%in: does not count reshape among its users, which uses it.',
  ],
  ['users are uses', ({ x, z }) => x.users.add(z), '%in: counts reshape among its users, which does not use it.'],
  [
    'types are sound',
    ({ func }) => func.addInput('bad', tensorType('f32', [2], perTensor(1, 0))),
    'input "bad": %bad: element type f32 takes no quantization.',
  ],
  [
    'result types follow from the rule',
    ({ func, x }) => func.ops.push(rawReshape(x, [4], new Value(tensorType('i16', [4]), 'w'))),
    'reshape #2: gives tensor<4xi8>, not tensor<4xi16>.',
  ],
  [
    'results are as many as the rule gives',
    ({ y }) => {
      y.results = [...y.results, new Value(i8x4, 'more', y)];
    },
    'reshape #0 "model/y": has 1 results, not 2.',
  ],
  [
    'attributes are complete',
    ({ func, x }) => {
      const op = new Op(reshape, [x], {}, '');
      op.results = [new Value(i8x4, 'w', op)];
      func.ops.push(op);
    },
    'reshape #2: needs attribute shape.',
  ],
  [
    'operands are complete',
    ({ func }) => {
      const op = new Op(reshape, [undefined], { shape: [4] }, '');
      op.results = [new Value(i8x4, 'w', op)];
      func.ops.push(op);
    },
    'reshape #2: needs operand x.',
  ],
  [
    'contents have the length of their type',
    ({ func }) => new Builder(func).op(constant, [], { value: { type: i8x4, data: new Int8Array(3) } }),
    'constant #2: the contents of attribute value have 3 elements, but tensor<4xi8> has 4.',
  ],
  [
    'contents have the array of their type',
    ({ func }) => new Builder(func).op(constant, [], { value: { type: i8x4, data: new Uint8Array(4) } }),
    'constant #2: the contents of attribute value are held by Uint8Array, but i8 needs Int8Array.',
  ],
  [
    'a state starts with its type',
    ({ func }) => {
      const [s] = func.states;
      if (s !== undefined) func.states[0] = { ...s, initial: tensorOf(tensorType('i8', [2, 2]), [1, 2, 3, 4]) };
    },
    'state "st": starts as tensor<2x2xi8>, but its type is tensor<4xi8>.',
  ],
  [
    'a state starts with sound contents',
    ({ func }) => func.addState('short', { type: i8x4, data: new Int8Array(1) }),
    'state "short": its initial contents have 1 elements, but tensor<4xi8> has 4.',
  ],
  [
    'the next value of a state is defined',
    ({ func }) => {
      func.addState('t', tensorOf(i8x4, [])).next = new Value(i8x4, 'lost');
    },
    'state "t": its next value %lost is not defined.',
  ],
  [
    'the next value of a state has its type',
    ({ func, y }) => {
      func.addState('t', tensorOf(i8x4, [])).next = y.result;
    },
    'state "t": its next value has type tensor<2x2xi8>, not tensor<4xi8>.',
  ],
];

describe('verifyModule', () => {
  it('finds nothing in a sound module', () => {
    expect(verifyModule(sound().module)).toEqual([]);
    expect(() => assertVerified(sound().module)).not.toThrow();
  });

  it.each(cases)('%s', (_, breakRule, message) => {
    const s = sound();
    breakRule(s);
    expect(verifyModule(s.module).map(formatDiagnostic)).toContain(`error[I8C0102] ${message}`);
  });

  it('reports an attribute that only its fallback completes', () => {
    const { module, func, x } = sound();
    const op = new Op(withFallback, [x], {}, '');
    op.results = [new Value(i8x4, 'w', op)];
    func.ops.push(op);
    expect(verifyModule(module).map(formatDiagnostic)).toEqual([
      'error[I8C0102] with_fallback #2: lacks attribute axis.',
    ]);
  });
});

describe('assertVerified', () => {
  it('throws every finding and names the pass', () => {
    const { module, x, y } = sound();
    x.users.clear();
    x.producer = y;
    const thrown = () => assertVerified(module, 'fold-constants');
    expect(thrown).toThrow(CompileError);
    expect(thrown).toThrow(/producer\. This came out of fold-constants\.\n.*users, which uses it\. This came out/);
  });
});
