// Attention in BF16 on Hopper's tensor cores: one warpgroup copies tiles into shared memory, the
// others compute (Shah et al., 2024).

#pragma once

#include "attention/visible.cuh"
#include "attention/wgmma.cuh"

constexpr int HOPPER_THREADS = 384;
constexpr int COPIERS = 128;
constexpr int COMPUTERS = HOPPER_THREADS - COPIERS;
constexpr float LOG2_E = 1.4426950408889634f;

constexpr int MAP_BYTES = 128;

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// Tensors [batch, length, heads, width] of BF16 that the copy engine knows by maps: one thread
// asks for a tile, and needs few registers.
struct Mapped {
  static constexpr bool COPIES = false;
  static constexpr int ARRIVALS = 1;

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

// Rows of one head, of which all threads of the copying warpgroup take a share; of floats, which
// are rounded.
template <typename T>
struct Copied {
  static constexpr bool COPIES = true;
  static constexpr int ARRIVALS = COPIERS;

  const T* first;
  int64_t stride;  // elements from a row to the next
  int count;
  int width;

  __device__ static uint4 rounded(const float* from) {
    const float4 low = *reinterpret_cast<const float4*>(from);
    const float4 high = *reinterpret_cast<const float4*>(from + 4);
    return make_uint4(packed(low.x, low.y), packed(low.z, low.w), packed(high.x, high.y),
                      packed(high.z, high.w));
  }

  __device__ static uint4 rounded(const bf16* from) {
    return *reinterpret_cast<const uint4*>(from);
  }

  template <int ROWS, int WIDTH>
  __device__ __forceinline__ void bring(uint32_t tile, int from, uint32_t barrier) const {
    constexpr int CHUNKS = WIDTH / 8;
    constexpr int APART = COPIERS / CHUNKS;
    const int chunk = threadIdx.x % CHUNKS;
#pragma unroll 4
    for (int row = threadIdx.x % COPIERS / CHUNKS; row < ROWS; row += APART) {
      uint4 bits = make_uint4(0, 0, 0, 0);
      if (from + row < count && chunk * 8 < width) {
        bits = rounded(first + (from + row) * stride + chunk * 8);
      }
      asm volatile("st.shared.v4.b32 [%0], {%1, %2, %3, %4};" ::"r"(
                       tile + chunk_offset<ROWS>(row, chunk)),
                   "r"(bits.x), "r"(bits.y), "r"(bits.z), "r"(bits.w)
                   : "memory");
    }
    fence_for_products();
    barrier_arrive(barrier);
  }
};

#endif

// Which tile of rows of which head comes when. A few heads at a time, whose keys and values stay
// in the cache of the GPU; of those, the last rows first, which see the most keys if causal.
struct TileOrder {
  int tiles;
  int heads_at_once;
  int64_t all_heads;  // of all rows of the batch

  struct Place {
    int tile;
    int64_t head;
  };

  __device__ int64_t count() const { return tiles * all_heads; }

  __device__ Place place(int64_t i) const {
    const int64_t whole = static_cast<int64_t>(tiles) * heads_at_once;
    const int64_t section = i / whole;
    const int rest = static_cast<int>(i - section * whole);
    const int64_t first = section * heads_at_once;
    const int together =
        static_cast<int>(min(static_cast<int64_t>(heads_at_once), all_heads - first));
    return {tiles - 1 - rest / together, first + rest % together};
  }
};
