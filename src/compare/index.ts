// Comparison of a float network with its quantized form, and reports of it.
export type { Accuracy, Share } from './class-counts.ts';
export {
  type CompareOptions,
  type Comparison,
  compare,
  type LayerComparison,
  type OutputComparison,
  type ProgramPair,
} from './compare.ts';
export { comparisonJson } from './comparison-json.ts';
export { comparisonLines } from './comparison-text.ts';
export type { ChannelFigure, ErrorFigures } from './error-sums.ts';
export type { ProgramCost } from './program-cost.ts';
export { htmlReport, type ReportSource } from './report/page.ts';
export {
  type GroupCost,
  type LayerCost,
  rankedLayers,
  type Sensitivity,
  type SensitivityOptions,
  sensitivity,
} from './sensitivity.ts';
export { compareWeights, type WeightComparison } from './weights.ts';
