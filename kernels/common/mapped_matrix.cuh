// Boxes of matrices that the copy engine brings to the shared memory of one block of a cluster or of
// all, and takes from there.

#pragma once

#include "common/wgmma.cuh"

// What the copy engine is told of a matrix [rows, columns].
struct alignas(64) MatrixMap {
  uint64_t words[16];
};

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

__device__ __forceinline__ void bring_matrix(uint32_t to, const MatrixMap& map, int column, int row,
                                             uint32_t barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%2, %3}], [%4];" ::"r"(to),
      "l"(&map), "r"(column), "r"(row), "r"(barrier)
      : "memory");
}

// To the same place in all blocks of the cluster whose bits are set, whose barriers are told.
__device__ __forceinline__ void bring_matrix_to(int blocks, uint32_t to, const MatrixMap& map,
                                                int column, int row, uint32_t barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes"
      ".multicast::cluster [%0], [%1, {%2, %3}], [%4], %5;" ::"r"(to),
      "l"(&map), "r"(column), "r"(row), "r"(barrier), "h"(static_cast<uint16_t>(blocks))
      : "memory");
}

// What lies outside the matrix is left out.
__device__ __forceinline__ void send_matrix(const MatrixMap& map, int column, int row,
                                            uint32_t from) {
  asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%1, %2}], [%3];" ::
                   "l"(&map),
               "r"(column), "r"(row), "r"(from)
               : "memory");
}

// What was sent since the last call is a group.
__device__ __forceinline__ void sending_ends() {
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}

// Waits until the groups have been read, but for the last PENDING.
template <int PENDING>
__device__ __forceinline__ void sent_groups_are_read() {
  asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(PENDING) : "memory");
}

#endif
