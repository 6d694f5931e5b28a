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

// log(1 + eˣ). Where the logarithm would cancel, F32 takes a series.
template <typename T>
__device__ __forceinline__ float softplus(float x) {
  const float e = exp2_approx(-LOG2_E * fabsf(x));
  float log = __logf(1.0f + e);
  if constexpr (sizeof(T) == 4) {
    const float series = e * (1.0f - e * (0.5f - e * (1.0f / 3 - e * 0.25f)));
    log = e < 0.03f ? series : log;
  }
  return fmaxf(x, 0.0f) + log;
}
