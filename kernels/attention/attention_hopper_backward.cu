#include "attention/hopper_backward.cuh"

// The first body is empty but for sm_90a, where alone it is launched.
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define RUN_BACKWARD(WIDTH, ...) HopperBackward<WIDTH>::run(__VA_ARGS__)
#else
#define RUN_BACKWARD(WIDTH, ...)
#endif

#define BACKWARD(WIDTH)                                                                        \
  extern "C" __global__ void __launch_bounds__(HOPPER_THREADS, 1)                              \
      attention_hopper_backward_##WIDTH(                                                       \
          const uint8_t* maps, const float* logs, const float* delta, const int2* documents,   \
          float* sums, int* turns, int* ticket, bf16* of_k, bf16* of_v, int length,            \
          int causal, int window, int heads, int group, int width, float scale, int tiles,     \
          int heads_at_once, int all_heads) {                                                  \
    RUN_BACKWARD(WIDTH, maps, logs, delta, QueryGradients{sums, turns, ticket}, of_k, of_v,    \
                 Visible{documents, length, causal, window}, heads, group, width, scale,       \
                 TileOrder{tiles, heads_at_once, all_heads, nullptr});                         \
  }                                                                                            \
  extern "C" __global__ void attention_hopper_queries_##WIDTH(                                 \
      float* sums, int* turns, bf16* of_q, int length, int heads, int width, float scale) {    \
    HopperBackward<WIDTH>::finish(QueryGradients{sums, turns, nullptr}, of_q, length, heads,   \
                                  width, scale);                                               \
  }

BACKWARD(64)
BACKWARD(128)
