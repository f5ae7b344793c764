// All rows of the operator table, by domain.
import type { Row, Rows } from '../node-context.ts';
import { arithmeticRows } from './arithmetic.ts';
import { attentionRows } from './attention.ts';
import { choosingRows } from './choosing.ts';
import { comparisonRows } from './comparison.ts';
import { contribAttentionRows } from './contrib-attention.ts';
import { contribFloatRows } from './contrib-float.ts';
import { contribNormalizationRows, simplifiedNormalizationRows } from './contrib-normalization.ts';
import { contribProductRows } from './contrib-products.ts';
import { contribQuantizedRows } from './contrib-quantized.ts';
import { contribRecurrentRows } from './contrib-recurrent.ts';
import { controlRows } from './control.ts';
import { convolutionRows } from './convolution.ts';
import { elementwiseRows } from './elementwise.ts';
import { generatingRows } from './generating.ts';
import { integerProductRows } from './integer-products.ts';
import { matmulRows } from './matmul.ts';
import { movingRows } from './moving.ts';
import { normalizationRows } from './normalization.ts';
import { poolingRows } from './pooling.ts';
import { quantizationRows } from './quantization.ts';
import { recurrentRows } from './recurrent.ts';
import { reductionRows } from './reduction.ts';
import { regionRows } from './regions.ts';
import { resizingRows } from './resizing.ts';
import { samplingRows } from './sampling.ts';
import { shapingRows } from './shaping.ts';
import { spectralRows } from './spectral.ts';
import { streamingRows } from './streaming.ts';

const domains: Readonly<Record<string, Rows>> = {
  '': {
    ...arithmeticRows,
    ...attentionRows,
    ...choosingRows,
    ...comparisonRows,
    ...controlRows,
    ...convolutionRows,
    ...elementwiseRows,
    ...generatingRows,
    ...integerProductRows,
    ...matmulRows,
    ...movingRows,
    ...normalizationRows,
    ...poolingRows,
    ...quantizationRows,
    ...recurrentRows,
    ...reductionRows,
    ...regionRows,
    ...resizingRows,
    ...samplingRows,
    ...shapingRows,
    ...simplifiedNormalizationRows,
    ...spectralRows,
    ...streamingRows,
  },
  'com.microsoft': {
    ...contribAttentionRows,
    ...contribFloatRows,
    ...contribNormalizationRows,
    ...contribProductRows,
    ...contribQuantizedRows,
    ...contribRecurrentRows,
  },
};

/** The row of an operator; undefined where int8c does not know it. */
export function rowOf(domain: string, opType: string): Row | undefined {
  const rows = Object.hasOwn(domains, domain) ? domains[domain] : undefined;
  return rows !== undefined && Object.hasOwn(rows, opType) ? rows[opType] : undefined;
}

/** Every operator that has a row: `Conv`, `com.microsoft.QLinearAdd`. */
export function knownOperators(): readonly string[] {
  return Object.entries(domains).flatMap(([domain, rows]) =>
    Object.keys(rows).map((name) => (domain === '' ? name : `${domain}.${name}`)),
  );
}
