// Blocks of a cluster: where the others' shared memory is, and their common barrier.

#pragma once

#include "common/wgmma.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// Shared memory of another block of the cluster.
__device__ __forceinline__ uint32_t of_block(uint32_t address, int block) {
  uint32_t there;
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(address), "r"(block));
  return there;
}

// Copies shared memory to another block, whose barrier waits for the bytes.
__device__ __forceinline__ void copy_to_block(uint32_t to, uint32_t from, int bytes,
                                              uint32_t barrier) {
  asm volatile(
      "cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes "
      "[%0], [%1], %2, [%3];" ::"r"(to),
      "r"(from), "r"(bytes), "r"(barrier)
      : "memory");
}

// Arrives at a barrier of another block. That block sees no writes by it.
__device__ __forceinline__ void arrive_at_block(uint32_t barrier) {
  asm volatile("mbarrier.arrive.shared::cluster.b64 _, [%0];" ::"r"(barrier) : "memory");
}

// Writes a number to another block, whose barrier waits for the bytes.
__device__ __forceinline__ void send_to_block(uint32_t to, float x, uint32_t barrier) {
  asm volatile(
      "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.b32 [%0], %1, [%2];" ::"r"(to),
      "r"(__float_as_uint(x)), "r"(barrier)
      : "memory");
}

// What was written before need not be seen by others behind the barrier.
__device__ __forceinline__ void cluster_arrive() {
  __syncwarp();
  asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory");
}

__device__ __forceinline__ void cluster_wait() {
  __syncwarp();
  asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
}

#endif
