// What the forward and the backward scan share.
//
//   Δ_t = softplus(delta_t + bias)    h_t = exp(Δ_t·A)·h_{t−1} + Δ_t·u_t·B_t
//   y_t = (h_t·C_t + skip·u_t)·SiLU(gate_t)
//
// A state needs one exponential a step, which is what bounds the scan; everything else is arranged
// around it.

#pragma once

#include "common/tensor.cuh"

constexpr int TILE = 32;  // steps of B and C in shared memory at once
constexpr float LOG2_E = 1.4426950408889634f;

// Large enough that every decay becomes zero: a new document forgets the one before.
constexpr float FORGET = 1e30f;

__device__ __forceinline__ float exp2_approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + __expf(-x)); }

// log(1 + eˣ); a series where the logarithm would cancel.
__device__ __forceinline__ float softplus(float x) {
  const float e = __expf(-fabsf(x));
  const float series = e * (1.0f - e * (0.5f - e * (1.0f / 3 - e * 0.25f)));
  return fmaxf(x, 0.0f) + (e < 0.03f ? series : __logf(1.0f + e));
}

// Sums S values over the LANES lanes of a channel: lane l ends with the sums of the values
// l·S/LANES and following, in value[0] and following.
template <int LANES, int S>
__device__ __forceinline__ void sum_over_lanes(float (&value)[S]) {
  const int lane = threadIdx.x % LANES;
  int width = S;
#pragma unroll
  for (int step = LANES / 2; step > 0; step >>= 1) {
    width /= 2;
    const bool up = lane & step;
#pragma unroll
    for (int i = 0; i < S / 2; i++) {
      if (i < width) {
        const float send = up ? value[i] : value[i + width];
        const float keep = up ? value[i + width] : value[i];
        value[i] = keep + __shfl_xor_sync(0xffffffffu, send, step);
      }
    }
  }
}

// Where a tile's steps lie in a row of the batch, and what documents do there.
struct Steps {
  int64_t length;
  int reversed;

  __device__ __forceinline__ int64_t row(int64_t step) const {
    return reversed ? length - 1 - step : step;
  }
};

// For each step of a tile: 0 goes on, 1 begins another document, 2 is padding. One warp; `last`
// carries the document of the last position that was not padding, −1 before any.
__device__ __forceinline__ void mark_documents(const int32_t* segments, const Steps& steps,
                                               int64_t batch, int64_t from, int32_t& last,
                                               int* marks) {
  const int lane = threadIdx.x;
  const int64_t step = from + lane;
  const int32_t segment =
      step < steps.length ? segments[batch * steps.length + steps.row(step)] : -1;
  const unsigned there = __ballot_sync(0xffffffffu, segment >= 0);
  const unsigned before = there & ((1u << lane) - 1u);
  const int32_t previous = __shfl_sync(0xffffffffu, segment, before ? 31 - __clz(before) : 0);
  const int32_t preceding = before ? previous : last;
  marks[lane] = segment < 0 ? 2 : (preceding >= 0 && preceding != segment ? 1 : 0);
  const int32_t newest = __shfl_sync(0xffffffffu, segment, there ? 31 - __clz(there) : 0);
  if (there) last = newest;
}
