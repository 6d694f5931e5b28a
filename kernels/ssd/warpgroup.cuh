// What SSD needs of Hopper beside products: boxes that the copy engine brings and takes, and how it
// is told of tensors.

#pragma once

#include "common/wgmma.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// Brings 64 columns of 64 rows of a mapped tensor [batch, length, width].
__device__ __forceinline__ void bring_box(uint32_t to, const void* map, int column, int row,
                                          int batch, uint32_t barrier) {
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%2, %3, %4}], [%5];" ::"r"(to),
      "l"(map), "r"(column), "r"(row), "r"(batch), "r"(barrier)
      : "memory");
}

// Takes such a box to memory, what lies outside left out.
__device__ __forceinline__ void send_box(const void* map, int column, int row, int batch,
                                         uint32_t from) {
  asm volatile(
      "cp.async.bulk.tensor.3d.global.shared::cta.tile.bulk_group [%0, {%1, %2, %3}], [%4];\n"
      "cp.async.bulk.commit_group;" ::"l"(map),
      "r"(column), "r"(row), "r"(batch), "r"(from)
      : "memory");
}

// Waits until what was sent has been read, or is written.
__device__ __forceinline__ void sent_is_read() {
  asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
}
__device__ __forceinline__ void sent_is_written() {
  asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
}

// Brings bytes that lie side by side, a multiple of 16.
__device__ __forceinline__ void bring_bytes(uint32_t to, const void* from, int bytes,
                                            uint32_t barrier) {
  asm volatile(
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::
          "r"(to),
      "l"(from), "r"(bytes), "r"(barrier)
      : "memory");
}

// Stores four matrices of 8 × 8 as their transposes; lane l has the place of row l % 8 of the
// matrix l / 8.
__device__ __forceinline__ void store_turned(uint32_t at, uint32_t a, uint32_t b, uint32_t c,
                                             uint32_t d) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(at),
               "r"(a), "r"(b), "r"(c), "r"(d)
               : "memory");
}

// Describes a tensor [batch, length, width] of BF16 to the copy engine, which takes boxes of 64
// rows of 64 columns.
__device__ __forceinline__ void make_map(uint4* out, uint4* built, const void* tensor,
                                         int64_t batch, int64_t length, int64_t width) {
  const uint32_t at = shared_address(built);
  for (int i = 0; i < 8; i++) built[i] = make_uint4(0, 0, 0, 0);
#define MAP_FIELD(FIELD, TYPE, CONSTRAINT, VALUE)                                           \
  asm volatile("tensormap.replace.tile." FIELD ".shared::cta.b1024." TYPE ";" ::"r"(at),    \
               CONSTRAINT(VALUE)                                                            \
               : "memory")
  MAP_FIELD("global_address", "b64 [%0], %1", "l", tensor);
  MAP_FIELD("rank", "b32 [%0], %1", "n", 2);  // one less
  MAP_FIELD("global_dim", "b32 [%0], 0, %1", "r", static_cast<int>(width));
  MAP_FIELD("global_dim", "b32 [%0], 1, %1", "r", static_cast<int>(length));
  MAP_FIELD("global_dim", "b32 [%0], 2, %1", "r", static_cast<int>(batch));
  MAP_FIELD("global_stride", "b64 [%0], 0, %1", "l", 2 * width);
  MAP_FIELD("global_stride", "b64 [%0], 1, %1", "l", 2 * width * length);
  MAP_FIELD("box_dim", "b32 [%0], 0, %1", "r", 64);
  MAP_FIELD("box_dim", "b32 [%0], 1, %1", "r", 64);
  MAP_FIELD("box_dim", "b32 [%0], 2, %1", "r", 1);
  MAP_FIELD("element_stride", "b32 [%0], 0, %1", "r", 1);
  MAP_FIELD("element_stride", "b32 [%0], 1, %1", "r", 1);
  MAP_FIELD("element_stride", "b32 [%0], 2, %1", "r", 1);
  MAP_FIELD("elemtype", "b32 [%0], %1", "n", 10);          // BF16
  MAP_FIELD("interleave_layout", "b32 [%0], %1", "n", 0);  // none
  MAP_FIELD("swizzle_mode", "b32 [%0], %1", "n", 3);       // over 128 bytes
  MAP_FIELD("fill_mode", "b32 [%0], %1", "n", 0);          // zeros
#undef MAP_FIELD
  for (int i = 0; i < 8; i++) out[i] = built[i];
  asm volatile("fence.proxy.tensormap::generic.release.gpu;" ::: "memory");
}

#endif
