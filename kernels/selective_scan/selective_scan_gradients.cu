#include "common/tensor.cuh"

// Sums of the parts that blocks of a backward scan have left, each in one order.

// dB or dC: [parts, elements] over the parts.
template <typename T>
__device__ __forceinline__ void sum_weights(const float* from, T* to, int64_t parts,
                                            int64_t elements) {
  GRID_LOOP(i, elements) {
    float sum = 0.0f;
#pragma unroll 8
    for (int64_t part = 0; part < parts; part++) sum += from[part * elements + i];
    store(to + i, sum);
  }
}

#define WEIGHTS(T, NAME)                                                                      \
  extern "C" __global__ void selective_scan_weights_##NAME(const float* from, T* to,          \
                                                           int64_t parts, int64_t elements) { \
    sum_weights(from, to, parts, elements);                                                   \
  }

WEIGHTS(float, f32)
WEIGHTS(bf16, bf16)

// [parts, elements] over the parts; for A_log times A, which is −exp(A_log).
extern "C" __global__ void selective_scan_parameters(const float* from, const float* a_log,
                                                     float* to, int64_t parts,
                                                     int64_t elements) {
  GRID_LOOP(i, elements) {
    float sum = 0.0f;
#pragma unroll 8
    for (int64_t part = 0; part < parts; part++) sum += from[part * elements + i];
    to[i] = a_log ? -expf(a_log[i]) * sum : sum;
  }
}
