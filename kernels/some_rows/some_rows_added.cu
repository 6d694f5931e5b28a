// Products that are added to a stream, of which the RMS norm is read next.

#include "some_rows/kernels.cuh"

extern "C" __global__ void CLUSTER(4) __launch_bounds__(256, 2)
    some_rows_added_32x4(const __grid_constant__ SomeRows of,
                         const __grid_constant__ NormBehind norm) {
  SOME_ROWS_BODY((Added{norm, of.n}), 32, 4, 2, 6, true)
}
