// Products with a matrix of many columns.

#include "some_rows/many_columns.cuh"

// Empty where nobody calls it.
extern "C" __global__ void __launch_bounds__(256, 2)
    some_rows_many_64(const __grid_constant__ SomeRows of) {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  extern __shared__ __align__(1024) uint8_t shared[];
  ManyColumns<64, 2, 6>(of, shared).run();
#endif
}
