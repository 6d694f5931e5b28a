// What products of some rows have in shared memory of a stage of k, and what they make of it.

#pragma once

#include "common/wgmma.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// 64 rows of x, and behind them COLUMNS rows of W, which GROUPS warpgroups share.
template <int COLUMNS, int GROUPS>
struct SomeRowsStage {
  static constexpr int ROWS = 64;
  static constexpr int THREADS = 128 * GROUPS;
  static constexpr int N = COLUMNS / GROUPS;  // of a warpgroup
  static constexpr int DEPTH = 64;            // elements of k: 128 bytes a row
  static constexpr int X_BYTES = ROWS * 128;
  static constexpr int STAGE = X_BYTES + COLUMNS * 128;

  // Adds the stage's product to a warpgroup's sums; the first one is put in their place if `added`
  // is 0.
  static __device__ __forceinline__ void multiply(float (&d)[N / 2], uint32_t stage, int added) {
    const TileDescriptor a(stage, 0);
    const TileDescriptor b(stage + X_BYTES + uniform(threadIdx.x / 128) * (N * 128), 0);
#pragma unroll
    for (int i = 0; i < DEPTH / 16; i++) {
      Products<N>::template shared<0, 0>(d, a.at(i * 32), b.at(i * 32), added + i);
    }
  }
};

#endif
