// Operators with memory: lstm and svdf, whose states last from run to run.
import { lstm } from '../../../ir/ops/lstm.ts';
import { svdf } from '../../../ir/ops/svdf.ts';
import { perTensor, type TensorType, tensorType } from '../../../ir/types.ts';
import type { Generator } from '../draft.ts';
import { activation } from '../requantizations.ts';
import { extent, scale, typeOf, zeroPoint } from '../tensors.ts';

const remember: Generator = (draft) => {
  const { draw } = draft;
  const [batches, steps, units] = [draw.int(1, 2), draw.int(1, 4), extent(draw, 20)];
  const time_major = draw.chance(0.4);
  const dims = time_major ? [steps, batches, units] : [batches, steps, units];
  const float = draft.theme === 'f32' || draw.chance(0.2);
  const gate = float ? tensorType('f32', dims) : tensorType('i16', dims, perTensor(2 ** -12, 0));
  const square = [units, units];
  const hiddenElement = draw.chance(0.8) ? 'i8' : 'i16';
  const quant = perTensor(2 ** -7 * 2 ** draw.real(-1, 1), zeroPoint(draw, hiddenElement));
  const hidden = float ? tensorType('f32', [batches, units]) : tensorType(hiddenElement, [batches, units], quant);
  const cellScale = 2 ** -draw.int(9, 14);
  const cell = float
    ? tensorType('f32', [batches, units])
    : tensorType('i16', [batches, units], perTensor(cellScale, 0));
  const weights = (): TensorType =>
    float ? tensorType('f32', square) : tensorType('i8', square, perTensor(scale(draw), 0));
  const gates = Array.from({ length: 4 }, () =>
    draft.operand(
      (t) => JSON.stringify(t) === JSON.stringify(gate),
      () => gate,
    ),
  );
  const recurrent = Array.from({ length: 4 }, () => draft.constant(weights()));
  const [h, c] = [draft.state(hidden), draft.state(cell)];
  const cell_clip = draw.chance(0.3) ? draw.real(0.5, 4) : 0;
  const [, nextHidden, nextCell] = draft.append(
    lstm,
    [...gates, ...recurrent, h.param, c.param],
    { time_major, cell_clip },
    [hidden, hidden, cell],
  );
  if (nextHidden !== undefined) draft.keep(h, nextHidden);
  if (nextCell !== undefined) draft.keep(c, nextCell);
};

const filter: Generator = (draft) => {
  const { draw } = draft;
  const rank = draw.int(1, 3);
  const [batches, filters, memory] = [draw.int(1, 2), rank * extent(draw, 12), extent(draw, 12)];
  const element = draft.theme === 'f32' ? 'f32' : draw.pick(['i8', 'i8', 'i16'] as const);
  const feature = typeOf(draw, element, [batches, filters]);
  const time = typeOf(draw, element === 'f32' ? 'f32' : draw.pick(['i8', 'i16'] as const), [filters, memory]);
  const state = draft.state(tensorType(element, [batches, filters, memory], feature.quant));
  const x = draft.operand(
    (t) => JSON.stringify(t) === JSON.stringify(feature),
    () => feature,
  );
  const bias = draw.chance(0.7)
    ? draft.constant(tensorType(element === 'f32' ? 'f32' : 'i32', [filters / rank]))
    : undefined;
  const result = element === 'f32' ? 'f32' : draw.pick(['i8', 'i8', 'i16'] as const);
  const clamp = element === 'f32' ? activation(draw) : [-Infinity, Infinity];
  const types = [typeOf(draw, result, [batches, filters / rank]), state.param.type];
  const [, next] = draft.append(svdf, [x, draft.constant(time), bias, state.param], { rank, clamp }, types);
  if (next !== undefined) draft.keep(state, next);
};

export const recurrent = { lstm: remember, svdf: filter } satisfies Record<string, Generator>;
