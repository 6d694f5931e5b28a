#include "some_rows/some_rows.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define SOME_ROWS_BODY(COLUMNS, SLICES, GROUPS, STAGES, FLAT)           \
  extern __shared__ __align__(1024) uint8_t shared[];                   \
  SomeRowsTile<COLUMNS, SLICES, GROUPS, STAGES, FLAT>(of, shared).run();
#else
#define SOME_ROWS_BODY(COLUMNS, SLICES, GROUPS, STAGES, FLAT)
#endif

// Where there are no clusters these are empty and nobody calls them.
#if __CUDA_ARCH__ >= 900
#define CLUSTER(SLICES) __cluster_dims__(SLICES, 1, 1)
#else
#define CLUSTER(SLICES)
#endif

#define SOME_ROWS(COLUMNS, SLICES, GROUPS, STAGES, FLAT)                               \
  extern "C" __global__ void CLUSTER(SLICES) __launch_bounds__(128 * GROUPS)             \
      some_rows_##COLUMNS##x##SLICES(const __grid_constant__ SomeRows of) {              \
    SOME_ROWS_BODY(COLUMNS, SLICES, GROUPS, STAGES, FLAT)                              \
  }

SOME_ROWS(48, 4, 1, 3, true)
SOME_ROWS(32, 4, 2, 6, true)
SOME_ROWS(16, 8, 1, 3, true)
SOME_ROWS(32, 1, 2, 2, false)
