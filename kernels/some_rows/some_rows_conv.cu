// Products some of whose columns go through a step of a convolution.

#include "some_rows/kernels.cuh"

#define SOME_ROWS_CONV(COLUMNS, SLICES, GROUPS, STAGES, BLOCKS)                           \
  extern "C" __global__ void CLUSTER(SLICES) __launch_bounds__(128 * GROUPS, BLOCKS)      \
      some_rows_conv_##COLUMNS##x##SLICES(const __grid_constant__ SomeRows of,            \
                                          const __grid_constant__ Convolution conv) {     \
    SOME_ROWS_BODY(Convolved{conv}, COLUMNS, SLICES, GROUPS, STAGES, true)                \
  }

SOME_ROWS_CONV(48, 4, 1, 3, 3)
SOME_ROWS_CONV(32, 4, 2, 6, 2)
