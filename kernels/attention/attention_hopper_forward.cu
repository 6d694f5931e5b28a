#include "attention/hopper_forward.cuh"

// The bodies are empty but for sm_90a, where alone these kernels are launched.
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define RUN_MAPPED(WIDTH, KEYS, SIGHT)                                                         \
  HopperForward<WIDTH, KEYS>::run_mapped(maps, group, {out, logs, heads, width, scale}, SIGHT, \
                                         TileOrder{tiles, heads_at_once, all_heads})
#define RUN_ROUNDED(WIDTH, KEYS, SIGHT)                                                        \
  HopperForward<WIDTH, KEYS>::run_rounded({q, k, v, length, capacity, heads, group, width},    \
                                          {out, nullptr, heads, width, scale}, SIGHT,          \
                                          TileOrder{tiles, heads_at_once, all_heads})
#else
#define RUN_MAPPED(WIDTH, KEYS, SIGHT)
#define RUN_ROUNDED(WIDTH, KEYS, SIGHT)
#endif

#define FORWARD(WIDTH, KEYS)                                                                   \
  extern "C" __global__ void __launch_bounds__(HOPPER_THREADS, 1)                              \
      attention_hopper_forward_##WIDTH(                                                        \
          const uint8_t* maps, bf16* out, float* logs, const int2* documents, int length,      \
          int causal, int window, int heads, int group, int width, float scale, int tiles,     \
          int heads_at_once, int64_t all_heads) {                                              \
    RUN_MAPPED(WIDTH, KEYS, (Visible{documents, length, causal, window}));                     \
  }                                                                                            \
  extern "C" __global__ void __launch_bounds__(HOPPER_THREADS, 1)                              \
      attention_hopper_cached_bf16_##WIDTH(                                                    \
          const uint8_t* maps, bf16* out, float* logs, const int32_t* lengths,                 \
          const int32_t* positions, int length, int capacity, int window, int heads,           \
          int group, int width, float scale, int tiles, int heads_at_once,                     \
          int64_t all_heads) {                                                                 \
    RUN_MAPPED(WIDTH, KEYS, (VisibleInCache{lengths, positions, length, capacity, window}));   \
  }                                                                                            \
  extern "C" __global__ void __launch_bounds__(HOPPER_THREADS, 1)                              \
      attention_hopper_cached_f32_##WIDTH(                                                     \
          const bf16* q, const float* k, const float* v, bf16* out, const int32_t* lengths,    \
          const int32_t* positions, int length, int capacity, int window, int heads,           \
          int group, int width, float scale, int tiles, int heads_at_once,                     \
          int64_t all_heads) {                                                                 \
    RUN_ROUNDED(WIDTH, KEYS, (VisibleInCache{lengths, positions, length, capacity, window}));  \
  }

FORWARD(64, 128)
FORWARD(128, 128)
FORWARD(256, 64)
