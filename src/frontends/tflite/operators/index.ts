// The table of TFLite operators: schema name to row.
import type { Rows } from '../operator-context.ts';
import { convolutionRows } from './convolution.ts';
import { matmulRows } from './matmul.ts';
import { poolingRows } from './pooling.ts';
import { reductionRows } from './reduction.ts';
import { variableRows } from './variable.ts';

export const rows: Rows = {
  ...convolutionRows,
  ...matmulRows,
  ...poolingRows,
  ...reductionRows,
  ...variableRows,
};
