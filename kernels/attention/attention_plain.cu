#include "attention/plain.cuh"

#define PLAIN_FORWARD(T, TN, W)                                                                \
  extern "C" __global__ void __launch_bounds__(PLAIN_THREADS)                                  \
      attention_plain_forward_##TN##_##W(                                                      \
          const T* q, const T* k, const T* v, T* out, float* logs, const int2* documents,      \
          int length, int causal, int window, int heads, int group, int width, float scale) {  \
    const Visible sight{documents, length, causal, window};                                    \
    plain_forward<T, T, W>(q, k, v, out, logs, sight, length, heads, group, width, scale);     \
  }

#define PLAIN_BACKWARD(T, TN, W)                                                               \
  extern "C" __global__ void __launch_bounds__(PLAIN_THREADS)                                  \
      attention_plain_backward_keys_##TN##_##W(                                                \
          const T* q, const T* k, const T* v, const T* gradient, const float* logs,            \
          const float* delta, const int2* documents, T* of_k, T* of_v, int length, int causal, \
          int window, int heads, int group, int width, float scale) {                          \
    const Gradients<T> g{q, k, v, gradient, logs, delta, nullptr, of_k, of_v};                 \
    const Visible sight{documents, length, causal, window};                                    \
    plain_backward_keys<T, W>(g, sight, heads, group, width, scale);                           \
  }                                                                                            \
  extern "C" __global__ void __launch_bounds__(PLAIN_THREADS)                                  \
      attention_plain_backward_queries_##TN##_##W(                                             \
          const T* q, const T* k, const T* v, const T* gradient, const float* logs,            \
          float* delta, const int2* documents, T* of_q, int length, int causal, int window,    \
          int heads, int group, int width, float scale) {                                      \
    const Gradients<T> g{q, k, v, gradient, logs, delta, of_q, nullptr, nullptr};              \
    const Visible sight{documents, length, causal, window};                                    \
    plain_backward_queries<T, W, sizeof(T) == 2>(g, delta, sight, heads, group, width, scale); \
  }

#define PLAIN_CACHED(T, TN, C, CN, W)                                                          \
  extern "C" __global__ void __launch_bounds__(PLAIN_THREADS)                                  \
      attention_plain_cached_##TN##_##CN##_##W(                                                \
          const T* q, const C* k, const C* v, T* out, const int32_t* lengths,                  \
          const int32_t* positions, int length, int capacity, int window, int heads,           \
          int group, int width, float scale) {                                                 \
    const VisibleInCache sight{lengths, positions, length, capacity, window};                  \
    plain_forward<T, C, W>(q, k, v, out, nullptr, sight, capacity, heads, group, width,        \
                           scale);                                                             \
  }

#define PLAIN(T, TN, W)    \
  PLAIN_FORWARD(T, TN, W)  \
  PLAIN_BACKWARD(T, TN, W) \
  PLAIN_CACHED(T, TN, float, f32, W)

PLAIN(float, f32, 64)
PLAIN(float, f32, 128)
PLAIN(float, f32, 256)
PLAIN(bf16, bf16, 256)
PLAIN_CACHED(bf16, bf16, bf16, bf16, 256)

#define DELTA(T, TN)                                                                      \
  extern "C" __global__ void attention_delta_##TN(const T* out, const T* gradient,        \
                                                  float* delta, int length, int heads,    \
                                                  int width, int64_t rows) {              \
    plain_delta(out, gradient, delta, length, heads, width, rows);                        \
  }

DELTA(float, f32)
DELTA(bf16, bf16)

// Rounds what a cache holds of the tokens before, eight elements a thread; the tile of rows behind
// them becomes zeros.
template <typename C>
__device__ __forceinline__ void round_cache(const C* k, const C* v, bf16* k_out, bf16* v_out,
                                            const int32_t* lengths, int behind, int capacity,
                                            int64_t width) {
  const int64_t batch = blockIdx.y;
  const int64_t held = min(lengths[batch], capacity) * width;
  const int64_t end = min(lengths[batch] + int64_t{behind}, int64_t{capacity}) * width;
  const int64_t base = batch * capacity * width;
  const int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.x * 8;
  for (int64_t i = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * 8; i < end;
       i += step) {
    alignas(16) bf16 keys[8];
    alignas(16) bf16 values[8];
#pragma unroll
    for (int e = 0; e < 8; e++) {
      store(keys + e, i < held ? load(k + base + i + e) : 0.0f);
      store(values + e, i < held ? load(v + base + i + e) : 0.0f);
    }
    *reinterpret_cast<uint4*>(k_out + base + i) = *reinterpret_cast<const uint4*>(keys);
    *reinterpret_cast<uint4*>(v_out + base + i) = *reinterpret_cast<const uint4*>(values);
  }
}

extern "C" __global__ void attention_round_f32(const float* k, const float* v, bf16* k_out,
                                               bf16* v_out, const int32_t* lengths, int behind,
                                               int capacity, int64_t width) {
  round_cache(k, v, k_out, v_out, lengths, behind, capacity, width);
}

extern "C" __global__ void attention_round_bf16(const bf16* k, const bf16* v, bf16* k_out,
                                                bf16* v_out, const int32_t* lengths, int behind,
                                                int capacity, int64_t width) {
  round_cache(k, v, k_out, v_out, lengths, behind, capacity, width);
}

// Puts the keys and values of new tokens into their caches, and into rounded ones where there are
// some; an element each thread.
#define APPEND(T, TN, C, CN)                                                                   \
  extern "C" __global__ void attention_append_##TN##_##CN(                                     \
      const T* k, const T* v, C* k_cache, C* v_cache, bf16* k_rounded, bf16* v_rounded,        \
      const int32_t* lengths, const int32_t* positions, int length, int capacity,              \
      int64_t width, int64_t count) {                                                          \
    const VisibleInCache sight{lengths, positions, length, capacity, INT32_MAX};               \
    GRID_LOOP(i, count) {                                                                      \
      const int64_t token = i / width;                                                         \
      const int64_t batch = token / length;                                                    \
      const int at = sight.place(batch, static_cast<int>(token - batch * length));             \
      if (at < 0) continue;                                                                    \
      const int64_t to = (batch * capacity + at) * width + i - token * width;                  \
      store(k_cache + to, load(k + i));                                                        \
      store(v_cache + to, load(v + i));                                                        \
      if (k_rounded) {                                                                         \
        store(k_rounded + to, load(k + i));                                                    \
        store(v_rounded + to, load(v + i));                                                    \
      }                                                                                        \
    }                                                                                          \
  }

APPEND(float, f32, float, f32)
APPEND(bf16, bf16, float, f32)
APPEND(bf16, bf16, bf16, bf16)
