// The names of the range estimators.

/** Names that `--method` takes. `grid` is `mse` under another name: a search over a grid of scales. */
export const methods = ['minmax', 'mean', 'percentile', 'entropy', 'mse', 'grid', 'auto'] as const;
export type Method = (typeof methods)[number];

/** A method that says by itself which range a tensor gets. */
export type Estimator = Exclude<Method, 'auto'>;
