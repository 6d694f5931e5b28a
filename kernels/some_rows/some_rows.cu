// Products that store their sums.

#include "some_rows/kernels.cuh"

#define SOME_ROWS(COLUMNS, SLICES, GROUPS, STAGES, FLAT)                       \
  extern "C" __global__ void CLUSTER(SLICES) __launch_bounds__(128 * GROUPS)   \
      some_rows_##COLUMNS##x##SLICES(const __grid_constant__ SomeRows of) {    \
    SOME_ROWS_BODY(Stored{}, COLUMNS, SLICES, GROUPS, STAGES, FLAT)            \
  }

SOME_ROWS(48, 4, 1, 3, true)
SOME_ROWS(32, 4, 2, 6, true)
SOME_ROWS(16, 8, 1, 3, true)
SOME_ROWS(32, 1, 2, 2, false)
