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
