// Defines kernels of products of some rows.

#pragma once

#include "some_rows/some_rows.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define SOME_ROWS_BODY(ENDING, COLUMNS, SLICES, GROUPS, STAGES, FLAT) \
  extern __shared__ __align__(1024) uint8_t shared[];                 \
  using Ending = decltype(ENDING);                                    \
  SomeRowsTile<COLUMNS, SLICES, GROUPS, STAGES, FLAT, Ending>(of, ENDING, shared).run();
#else
#define SOME_ROWS_BODY(ENDING, COLUMNS, SLICES, GROUPS, STAGES, FLAT)
#endif

// Where there are no clusters these are empty and nobody calls them.
#if __CUDA_ARCH__ >= 900
#define CLUSTER(SLICES) __cluster_dims__(SLICES, 1, 1)
#else
#define CLUSTER(SLICES)
#endif
