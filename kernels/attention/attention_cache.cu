#include "attention/visible.cuh"
#include "common/quad.cuh"

// Rounds what caches hold of the tokens before, for tensor cores, eight elements a thread. Of the
// rows behind them `skipped` are left to others, and the next become zeros, `behind` in all.
template <typename C>
__device__ __forceinline__ void round_caches(const C* k, const C* v, bf16* k_out, bf16* v_out,
                                             const int32_t* lengths, int skipped, int behind,
                                             int capacity, int64_t width) {
  const int64_t batch = blockIdx.y;
  const int64_t before = lengths[batch];
  const int64_t held = min(before, int64_t{capacity}) * width;
  const int64_t from = min(before + skipped, int64_t{capacity}) * width;
  const int64_t end = min(before + behind, int64_t{capacity}) * width;
  const int64_t base = batch * capacity * width;
  const int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.x * 8;
  for (int64_t i = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * 8;
       i < held + end - from; i += step) {
    alignas(16) bf16 keys[8];
    alignas(16) bf16 values[8];
    const int64_t at = base + (i < held ? i : i - held + from);
#pragma unroll
    for (int e = 0; e < 8; e++) {
      store(keys + e, i < held ? load(k + at + e) : 0.0f);
      store(values + e, i < held ? load(v + at + e) : 0.0f);
    }
    *reinterpret_cast<uint4*>(k_out + at) = *reinterpret_cast<const uint4*>(keys);
    *reinterpret_cast<uint4*>(v_out + at) = *reinterpret_cast<const uint4*>(values);
  }
}

#define ROUND(C, CN)                                                                            \
  extern "C" __global__ void attention_round_##CN(                                              \
      const C* k, const C* v, bf16* k_out, bf16* v_out, const int32_t* lengths, int skipped,    \
      int behind, int capacity, int64_t width) {                                                \
    round_caches(k, v, k_out, v_out, lengths, skipped, behind, capacity, width);                \
  }

ROUND(float, f32)
ROUND(bf16, bf16)

// New rows, of BF16 where `half`, and the caches that they go to: rounded ones as well where there
// are some.
struct Added {
  const void* rows;
  void* cache;
  bf16* rounded;
  bool half;
  bool half_cache;

  __device__ __forceinline__ void copy(int64_t from, int64_t to) const {
    const float element = load_one(rows, from, half);
    store_one(cache, to, half_cache, element);
    if (rounded) store(rounded + to, element);
  }

  __device__ __forceinline__ void copy_quad(int64_t from, int64_t to) const {
    const float4 four = load_quad(rows, from, half);
    store_quad(cache, to, half_cache, four);
    if (rounded) store_quad(rounded, to, true, four);
  }
};

// `width` and `count` are numbers of elements, or of fours of them.
template <bool QUADS>
__device__ __forceinline__ void append(const Added& keys, const Added& values,
                                       const VisibleInCache& sight, int64_t width,
                                       int64_t count) {
  GRID_LOOP(i, count) {
    const int64_t token = i / width;
    const int64_t batch = token / sight.length;
    const int at = sight.place(batch, static_cast<int>(token - batch * sight.length));
    if (at < 0) continue;
    const int64_t to = (batch * sight.capacity + at) * width + i - token * width;
    if constexpr (QUADS) {
      keys.copy_quad(i, to);
      values.copy_quad(i, to);
    } else {
      keys.copy(i, to);
      values.copy(i, to);
    }
  }
}

// Puts the keys and values of new tokens into their caches.
extern "C" __global__ void attention_append(const void* k, const void* v, void* k_cache,
                                            void* v_cache, bf16* k_rounded, bf16* v_rounded,
                                            const int32_t* lengths, const int32_t* positions,
                                            int length, int capacity, int64_t width,
                                            int64_t count, int half, int half_cache) {
  const VisibleInCache sight{lengths, positions, length, capacity, INT32_MAX};
  const Added keys{k, k_cache, k_rounded, half != 0, half_cache != 0};
  const Added values{v, v_cache, v_rounded, half != 0, half_cache != 0};
  const auto bits = reinterpret_cast<uintptr_t>(k) | reinterpret_cast<uintptr_t>(v) |
                    reinterpret_cast<uintptr_t>(k_cache) | reinterpret_cast<uintptr_t>(v_cache);
  if (width % 4 == 0 && bits % 16 == 0) {
    append<true>(keys, values, sight, width / 4, count / 4);
  } else {
    append<false>(keys, values, sight, width, count);
  }
}
