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

// One thread has the copy engine write BYTES of shared memory, or add them as F32.
template <int BYTES>
__device__ __forceinline__ void copy_out(float* to, uint32_t from) {
  asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(to), "r"(from),
               "n"(BYTES)
               : "memory");
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}

template <int BYTES>
__device__ __forceinline__ void add_out(float* to, uint32_t from) {
  asm volatile("cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f32 [%0], [%1], %2;" ::"l"(
                   to),
               "r"(from), "n"(BYTES)
               : "memory");
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}

// Waits until that was read, or until it was written.
__device__ __forceinline__ void copies_wait_read() {
  asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
}

__device__ __forceinline__ void copies_wait() {
  asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
}

// Blocks take turns at what the copy engine adds to: a number tells who was last.
__device__ __forceinline__ void turn_wait(const int* turn, int last) {
  int now;
  do {
    asm volatile("ld.acquire.gpu.global.b32 %0, [%1];" : "=r"(now) : "l"(turn) : "memory");
  } while (now != last);
  asm volatile("fence.proxy.async;" ::: "memory");
}

__device__ __forceinline__ void turn_pass(int* turn, int mine) {
  asm volatile("fence.proxy.async;" ::: "memory");
  asm volatile("st.release.gpu.global.b32 [%0], %1;" ::"l"(turn), "r"(mine) : "memory");
}

// Rounds a thread's part of 64 rows of scores to where products take their first factor from.
template <int SCORES>
__device__ __forceinline__ void pack(const float (&scores)[SCORES],
                                     uint32_t (&weights)[SCORES / 8][4]) {
#pragma unroll
  for (int k = 0; k < SCORES / 8; k++) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      weights[k][i] = packed(scores[8 * k + 2 * i], scores[8 * k + 2 * i + 1]);
    }
  }
}

// Begins to add the first rows of a tile, 16 a step, that are weighed by the columns of `weights`.
template <int COUNT, int STEPS, int SUMS>
__device__ __forceinline__ void weigh_first(const uint32_t (&weights)[STEPS][4], uint32_t rows,
                                            float (&sums)[SUMS]) {
  const TileDescriptor b(rows, STEPS * 16 * 128);
#pragma unroll
  for (int k = 0; k < COUNT; k++) {
    Products<2 * SUMS>::template registers<1>(sums, weights[k], b.at(k * 2048), 1);
  }
  products_commit();
}

template <int STEPS, int SUMS>
__device__ __forceinline__ void weigh(const uint32_t (&weights)[STEPS][4], uint32_t rows,
                                      float (&sums)[SUMS]) {
  weigh_first<STEPS>(weights, rows, sums);
}

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
