// How the kernels are named: by dtype and states a lane.

#pragma once

#include "selective_scan/ends.cuh"
#include "selective_scan/forward.cuh"

#define FORWARD(T, NAME, K, STEPS, EACH, BLOCKS)                                           \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)                            \
      selective_scan_forward_##NAME(const __grid_constant__ Scan<T> scan,                  \
                                    const __grid_constant__ ForwardResults<T> results) {   \
    scan_forward<T, K, STEPS, EACH>(scan, results);                                        \
  }

#define ENDS(T, NAME, K, STEPS)                                                            \
  extern "C" __global__ void __launch_bounds__(THREADS, 4)                                 \
      selective_scan_ends_##NAME(const __grid_constant__ Scan<T> scan, const float* state, \
                                 float* ends, float* spans) {                              \
    __shared__ typename Ends<T, K, STEPS, false>::Shared shared;                           \
    Ends<T, K, STEPS, false>(scan, scan.u, shared).run(state, ends, spans);                \
  }

#define FORWARDS(T, NAME)              \
  FORWARD(T, NAME##_1, 1, 32, 1, 4)    \
  FORWARD(T, NAME##_4, 4, 32, 1, 4)    \
  FORWARD(T, NAME##_16, 16, 16, 1, 3)  \
  ENDS(T, NAME##_1, 1, 32)             \
  ENDS(T, NAME##_4, 4, 32)             \
  ENDS(T, NAME##_16, 16, 16)
