// Attention in BF16 on Hopper's tensor cores: one warpgroup has tiles brought into shared memory,
// the others compute (Shah et al., 2024).

#pragma once

#include "attention/visible.cuh"
#include "common/wgmma.cuh"

constexpr int HOPPER_THREADS = 384;
constexpr int COPIERS = 128;
constexpr int COMPUTERS = HOPPER_THREADS - COPIERS;
constexpr float LOG2_E = 1.4426950408889634f;

constexpr int MAP_BYTES = 128;

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// A head of a tensor [batch, length, heads, width] of BF16 that the copy engine knows by a map: one
// thread asks for a tile, and needs few registers.
struct Mapped {
  const uint8_t* map;
  int head;
  int batch;

  template <int ROWS, int WIDTH>
  __device__ __forceinline__ void bring(uint32_t tile, int from, uint32_t barrier) const {
    barrier_expect(barrier, ROWS * WIDTH * 2);
#pragma unroll
    for (int i = 0; i < WIDTH / 64; i++) {
      copy_box(tile + i * ROWS * 128, map, i * 64, from, head, batch, barrier);
    }
  }
};

#endif

// Which tile of rows of which head comes when. A few heads at a time, whose keys and values stay
// in the cache of the GPU; of those, the last rows first, which see the most keys if causal.
struct TileOrder {
  int tiles;
  int heads_at_once;
  int all_heads;  // of all rows of the batch
  int* taken;     // counts what blocks have taken beyond their first; null if they take one each

  struct Place {
    int tile;
    int head;
  };

  __device__ int count() const { return tiles * all_heads; }

  __device__ Place place(int i) const {
    const int whole = tiles * heads_at_once;
    const int section = i / whole;
    const int rest = i - section * whole;
    const int first = section * heads_at_once;
    const int together = min(heads_at_once, all_heads - first);
    return {tiles - 1 - rest / together, first + rest % together};
  }

  // The next one for a block.
  __device__ int next() const {
    return taken ? static_cast<int>(gridDim.x) + atomicAdd(taken, 1) : count();
  }
};
