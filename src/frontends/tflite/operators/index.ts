// The table of TFLite operators: schema name to row.
import type { Rows } from '../operator-context.ts';
import { accumulatingRows } from './accumulating.ts';
import { activationRows } from './activation.ts';
import { arithmeticRows } from './arithmetic.ts';
import { comparisonRows } from './comparison.ts';
import { convolutionRows } from './convolution.ts';
import { customRows } from './custom.ts';
import { elementaryRows } from './elementary.ts';
import { fillingRows } from './filling.ts';
import { gatheringRows } from './gathering.ts';
import { joiningRows } from './joining.ts';
import { matmulRows } from './matmul.ts';
import { normalizationRows } from './normalization.ts';
import { paddingRows } from './padding.ts';
import { poolingRows } from './pooling.ts';
import { quantizationRows } from './quantization.ts';
import { rearrangingRows } from './rearranging.ts';
import { recurrentRows } from './recurrent.ts';
import { reductionRows } from './reduction.ts';
import { resizingRows } from './resizing.ts';
import { shapingRows } from './shaping.ts';
import { slicingRows } from './slicing.ts';
import { variableRows } from './variable.ts';

export const rows: Rows = {
  ...accumulatingRows,
  ...activationRows,
  ...arithmeticRows,
  ...comparisonRows,
  ...convolutionRows,
  ...customRows,
  ...elementaryRows,
  ...fillingRows,
  ...gatheringRows,
  ...joiningRows,
  ...matmulRows,
  ...normalizationRows,
  ...paddingRows,
  ...poolingRows,
  ...quantizationRows,
  ...rearrangingRows,
  ...recurrentRows,
  ...reductionRows,
  ...resizingRows,
  ...shapingRows,
  ...slicingRows,
  ...variableRows,
};
