// How the kernels are named: by dtype and states a lane.

#pragma once

#include "selective_scan/ends.cuh"
#include "selective_scan/forward.cuh"

#define FORWARD(T, NAME, K, STEPS, BLOCKS)                                                     \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)                                \
      selective_scan_forward_##NAME##_##K(const __grid_constant__ Scan<T> scan,                \
                                          const __grid_constant__ ForwardResults<T> results) { \
    __shared__ typename Forward<T, K, STEPS>::Shared shared;                                   \
    Forward<T, K, STEPS>(scan, shared).run(results);                                           \
  }                                                                                            \
  extern "C" __global__ void __launch_bounds__(THREADS, 4)                                     \
      selective_scan_ends_##NAME##_##K(const __grid_constant__ Scan<T> scan,                   \
                                       const float* state, float* ends, float* spans) {        \
    __shared__ typename Ends<T, K, STEPS, false>::Shared shared;                               \
    Ends<T, K, STEPS, false>(scan, scan.u, shared).run(state, ends, spans);                    \
  }

#define FORWARDS(T, NAME)    \
  FORWARD(T, NAME, 1, 32, 4) \
  FORWARD(T, NAME, 4, 32, 4) \
  FORWARD(T, NAME, 16, 16, 3)
