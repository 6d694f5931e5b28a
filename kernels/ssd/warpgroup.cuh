// What SSD needs of Hopper: products of a warpgroup whose left factor is in registers, barriers that
// count, and the copy engine.

#pragma once

#include "common/tensor.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// What products are told of a tile in shared memory: rows of 128 bytes, eight of which are a group,
// in stripes of 64 columns.
struct Tile {
  uint32_t low;

  __device__ __forceinline__ Tile(uint32_t address, uint32_t stripe)
      : low(address >> 4 | stripe >> 4 << 16) {}

  // Of a part that begins some bytes on.
  __device__ __forceinline__ uint64_t at(uint32_t offset) const {
    constexpr uint32_t EIGHT_ROWS = 1024 >> 4;
    constexpr uint32_t SWIZZLED = 1u << 30;
    return static_cast<uint64_t>(SWIZZLED | EIGHT_ROWS) << 32 | (low + (offset >> 4));
  }
};

__device__ __forceinline__ void products_begin() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void products_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

// Waits until at most PENDING groups of products are unfinished.
template <int PENDING>
__device__ __forceinline__ void products_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(PENDING) : "memory");
}

// sums [64, 64] += a [64, 16] · b [64, 16]ᵀ, or starts anew.
__device__ __forceinline__ void multiply_64(float (&d)[32], const uint32_t (&a)[4], uint64_t b,
                                            int add) {
  asm volatile(
      "{.reg .pred added;\n"
      "setp.ne.b32 added, %37, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, "
      "%18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, "
      "{%32, %33, %34, %35}, %36, added, 1, 1, 0;}"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]),
        "+f"(d[7]), "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]),
        "+f"(d[14]), "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]),
        "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]),
        "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(add));
}

// sums [64, 128] += a [64, 16] · b [16, 128].
__device__ __forceinline__ void multiply_128(float (&d)[64], const uint32_t (&a)[4], uint64_t b) {
  asm volatile(
      "{.reg .pred added;\n"
      "setp.ne.b32 added, 1, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, "
      "%18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, "
      "%34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, "
      "%50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, "
      "{%64, %65, %66, %67}, %68, added, 1, 1, 1;}"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]),
        "+f"(d[7]), "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]),
        "+f"(d[14]), "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]),
        "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]),
        "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]),
        "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35]), "+f"(d[36]), "+f"(d[37]),
        "+f"(d[38]), "+f"(d[39]), "+f"(d[40]), "+f"(d[41]), "+f"(d[42]), "+f"(d[43]),
        "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]), "+f"(d[48]), "+f"(d[49]),
        "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]),
        "+f"(d[56]), "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]),
        "+f"(d[62]), "+f"(d[63])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}

__device__ __forceinline__ void barrier_init(uint32_t barrier, int count) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(count) : "memory");
}

__device__ __forceinline__ void barriers_are_made() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

__device__ __forceinline__ void barrier_arrive(uint32_t barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

// Arrives, and lets the barrier wait for bytes that the copy engine will bring.
__device__ __forceinline__ void barrier_expect(uint32_t barrier, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier),
               "r"(bytes)
               : "memory");
}

__device__ __forceinline__ void barrier_wait(uint32_t barrier, uint32_t parity) {
  asm volatile(
      "{\n"
      ".reg .pred done;\n"
      "again: mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
      "@!done bra again;\n"
      "}\n" ::"r"(barrier),
      "r"(parity)
      : "memory");
}

__device__ __forceinline__ void threads_sync(int barrier, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

template <int COUNT>
__device__ __forceinline__ void give_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(COUNT));
}

template <int COUNT>
__device__ __forceinline__ void take_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(COUNT));
}

// Lets tensor cores and the copy engine see what was written to shared memory before.
__device__ __forceinline__ void fence_for_engines() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

// Lets the copy engine see a map that another kernel has written.
__device__ __forceinline__ void map_acquire(const void* map) {
  asm volatile("fence.proxy.tensormap::generic.acquire.gpu [%0], 128;" ::"l"(map) : "memory");
}

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
  const uint32_t at = static_cast<uint32_t>(__cvta_generic_to_shared(built));
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
