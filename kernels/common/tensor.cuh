// What kernels share: element types, grids of unlimited length, and operands that broadcast.

#pragma once

#include <cuda_bf16.h>

#include <cstdint>

using bf16 = __nv_bfloat16;

// Elements are computed in float, whatever they are stored as.
template <typename T>
__device__ __forceinline__ float load(const T* p) {
  return static_cast<float>(*p);
}
template <>
__device__ __forceinline__ float load(const bf16* p) {
  return __bfloat162float(*p);
}
template <typename T>
__device__ __forceinline__ void store(T* p, float value) {
  *p = static_cast<T>(value);
}
template <>
__device__ __forceinline__ void store(bf16* p, float value) {
  *p = __float2bfloat16(value);
}

// Where instructions find something in shared memory.
__device__ __forceinline__ uint32_t shared_address(const void* p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

// For kernels that are launched early: the first waits until what ran before has ended and its
// writes are seen, the second lets the next kernel begin.
__device__ __forceinline__ void wait_for_predecessor() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}
__device__ __forceinline__ void let_successor_begin() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

// Each thread of a grid of any size takes every gridDim.x * blockDim.x-th of n elements.
#define GRID_LOOP(i, n)                                                              \
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x,      \
               i##_step = static_cast<int64_t>(gridDim.x) * blockDim.x;              \
       i < (n); i += i##_step)

constexpr int MAX_RANK = 6;
constexpr int MAX_OPERANDS = 3;

// Axes of an output, and how far each operand moves along them: 0 where it broadcasts.
struct Walk {
  int64_t rank;
  int64_t extents[MAX_RANK];
  int64_t strides[MAX_OPERANDS][MAX_RANK];
};

// Offsets of the operands at an element of the output.
template <int OPERANDS>
__device__ __forceinline__ void offsets(const Walk& walk, int64_t element,
                                        int64_t (&at)[OPERANDS]) {
#pragma unroll
  for (int k = 0; k < OPERANDS; k++) at[k] = 0;
  if (element < INT32_MAX) {
    uint32_t rest = static_cast<uint32_t>(element);
    for (int axis = static_cast<int>(walk.rank) - 1; axis >= 0; axis--) {
      const uint32_t extent = static_cast<uint32_t>(walk.extents[axis]);
      const uint32_t next = rest / extent;
      const uint32_t here = rest - next * extent;
#pragma unroll
      for (int k = 0; k < OPERANDS; k++) at[k] += here * walk.strides[k][axis];
      rest = next;
    }
  } else {
    int64_t rest = element;
    for (int axis = static_cast<int>(walk.rank) - 1; axis >= 0; axis--) {
      const int64_t next = rest / walk.extents[axis];
      const int64_t here = rest - next * walk.extents[axis];
#pragma unroll
      for (int k = 0; k < OPERANDS; k++) at[k] += here * walk.strides[k][axis];
      rest = next;
    }
  }
}

// Sums and maxima over a block, the same for every thread and in a fixed order.
enum class Reduce { SUM, MAX };

template <Reduce R>
__device__ __forceinline__ float combine(float a, float b) {
  return R == Reduce::SUM ? a + b : fmaxf(a, b);
}

template <Reduce R>
__device__ __forceinline__ float block_reduce(float value) {
  __shared__ float partial[33];
#pragma unroll
  for (int lane = 16; lane > 0; lane >>= 1) {
    value = combine<R>(value, __shfl_xor_sync(0xffffffffu, value, lane));
  }
  const int warps = blockDim.x / 32;
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = value;
  __syncthreads();
  if (threadIdx.x == 0) {
    float all = partial[0];
    for (int i = 1; i < warps; i++) all = combine<R>(all, partial[i]);
    partial[32] = all;
  }
  __syncthreads();
  const float all = partial[32];
  __syncthreads();
  return all;
}
