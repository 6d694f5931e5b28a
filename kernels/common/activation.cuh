// Activation functions, as exact as the type T that their values are stored in asks for.

#pragma once

#include "common/tensor.cuh"

constexpr float LOG2_E = 1.4426950408889634f;

__device__ __forceinline__ float exp2_approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

template <typename T>
__device__ __forceinline__ float sigmoid(float x) {
  if constexpr (sizeof(T) == 2) {
    float tanh;
    asm("tanh.approx.f32 %0, %1;" : "=f"(tanh) : "f"(0.5f * x));
    return fmaf(0.5f, tanh, 0.5f);
  } else {
    return __fdividef(1.0f, 1.0f + exp2_approx(-LOG2_E * x));
  }
}

// log(1 + eˣ). BF16 takes a polynomial in place of the logarithm, whose unit is the busier one; where
// the logarithm would cancel, F32 takes a series.
template <typename T>
__device__ __forceinline__ float softplus(float x) {
  const float e = exp2_approx(-LOG2_E * fabsf(x));
  float log;
  if constexpr (sizeof(T) == 2) {
    constexpr float FACTORS[] = {0.9999987483f, -0.4998696446f, 0.3310944736f, -0.2350385040f,
                                 0.1492237151f, -0.0664016679f, 0.0141409840f};
    log = FACTORS[6];
#pragma unroll
    for (int i = 5; i >= 0; i--) log = fmaf(log, e, FACTORS[i]);
    log *= e;
  } else {
    const float series = e * (1.0f - e * (0.5f - e * (1.0f / 3 - e * 0.25f)));
    log = e < 0.03f ? series : __logf(1.0f + e);
  }
  return fmaxf(x, 0.0f) + log;
}
