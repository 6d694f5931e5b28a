#include "attention/hopper_forward.cuh"

// The bodies are empty but for sm_90a, where alone these kernels are launched.
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define RUN_FORWARD(WIDTH, KEYS, GROUPS, ...) HopperForward<WIDTH, KEYS, GROUPS>::run(__VA_ARGS__)
#else
#define RUN_FORWARD(WIDTH, KEYS, GROUPS, ...)
#endif

#define FORWARD(WIDTH, KEYS, GROUPS)                                                              \
  extern "C" __global__ void __launch_bounds__(128 * (GROUPS + 1), 1)                             \
      attention_hopper_forward_##WIDTH(                                                           \
          const uint8_t* maps, bf16* out, float* logs, const int2* documents, int length,         \
          int causal, int window, int heads, int group, int width, float scale, int tiles,        \
          int heads_at_once, int all_heads, int* taken) {                                         \
    RUN_FORWARD(WIDTH, KEYS, GROUPS, maps, group, {out, logs, heads, width, scale},               \
                Visible{documents, length, causal, window},                                       \
                TileOrder{tiles, heads_at_once, all_heads, taken});                               \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(128 * (GROUPS + 1), 1)                             \
      attention_hopper_cached_##WIDTH(                                                            \
          const uint8_t* maps, bf16* out, const int32_t* lengths, const int32_t* positions,       \
          int length, int capacity, int window, int heads, int group, int width, float scale,     \
          int tiles, int heads_at_once, int all_heads, int* taken) {                              \
    RUN_FORWARD(WIDTH, KEYS, GROUPS, maps, group, {out, nullptr, heads, width, scale},            \
                VisibleInCache{lengths, positions, length, capacity, window},                     \
                TileOrder{tiles, heads_at_once, all_heads, taken});                               \
  }

FORWARD(64, 128, 3)
FORWARD(128, 128, 2)
FORWARD(256, 64, 2)
