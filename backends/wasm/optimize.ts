// binaryen's own optimization. Its settings are global to the process, so they are set for each module and put back.
import binaryen from 'binaryen';

/**
 * Optimizes a module for speed, floats bit for bit: without `fastMath`, no pass changes what an operation rounds. Kernels
 * are not inlined into `invoke`: engines compile functions apart and in parallel, and a function that runs all layers
 * once would stay in the baseline tier for its whole first run.
 */
export function optimize(m: binaryen.Module): void {
  const before = {
    optimize: binaryen.getOptimizeLevel(),
    shrink: binaryen.getShrinkLevel(),
    fastMath: binaryen.getFastMath(),
    oneCaller: binaryen.getOneCallerInlineMaxSize(),
    always: binaryen.getAlwaysInlineMaxSize(),
    flexible: binaryen.getFlexibleInlineMaxSize(),
  };
  try {
    binaryen.setOptimizeLevel(3);
    binaryen.setShrinkLevel(0);
    binaryen.setFastMath(false);
    binaryen.setOneCallerInlineMaxSize(0);
    binaryen.setAlwaysInlineMaxSize(0);
    binaryen.setFlexibleInlineMaxSize(0);
    m.optimize();
  } finally {
    binaryen.setOptimizeLevel(before.optimize);
    binaryen.setShrinkLevel(before.shrink);
    binaryen.setFastMath(before.fastMath);
    binaryen.setOneCallerInlineMaxSize(before.oneCaller);
    binaryen.setAlwaysInlineMaxSize(before.always);
    binaryen.setFlexibleInlineMaxSize(before.flexible);
  }
}
