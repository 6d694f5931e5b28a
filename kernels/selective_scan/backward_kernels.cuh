// How the kernels are named: by dtype and states a lane.

#pragma once

#include "selective_scan/backward.cuh"
#include "selective_scan/ends.cuh"

#define BACKWARD(T, NAME, K, STEPS, EACH, BLOCKS)                                                \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)                                  \
      selective_scan_backward_##NAME##_##K(const __grid_constant__ Scan<T> scan,                 \
                                           const __grid_constant__ BackwardResults<T> results) { \
    extern __shared__ __align__(16) char memory[];                                               \
    scan_backward<T, K, STEPS, EACH>(scan, results, memory);                                     \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(THREADS, 4)                                       \
      selective_scan_adjoint_ends_##NAME##_##K(const __grid_constant__ Scan<T> scan,             \
                                               const T* dy, float* ends, float* spans) {         \
    __shared__ typename Ends<T, K, STEPS, true>::Shared shared;                                  \
    Ends<T, K, STEPS, true>(scan, dy, shared).run(nullptr, ends, spans);                         \
  }

