// Products of a warpgroup on Hopper's tensor cores, BF16 with sums in F32, and what goes with them:
// tiles in shared memory, barriers that count, and register shares.

#pragma once

#include "common/tensor.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// A tile of BF16 with rows of WIDTH elements lies in stripes of 64 columns, 128 bytes a row, whose
// 16-byte chunks are exchanged by row so that neither rows nor columns meet in a bank.
template <int ROWS>
__device__ __forceinline__ uint32_t chunk_offset(int row, int chunk) {
  return (chunk / 8) * (ROWS * 128) + row * 128 + ((chunk % 8) ^ (row % 8)) * 16;
}

// What products are told of a tile in shared memory, of whose rows eight make a group.
struct TileDescriptor {
  uint32_t low;

  // `stripe` is the distance of stripes, which counts where columns are not what is summed over.
  __device__ __forceinline__ TileDescriptor(uint32_t address, uint32_t stripe)
      : low(address >> 4 | stripe >> 4 << 16) {}

  // Of a part that begins some bytes on.
  __device__ __forceinline__ uint64_t at(uint32_t offset) const {
    constexpr uint32_t HIGH = 1024 >> 4 | 1 << 30;
    return static_cast<uint64_t>(HIGH) << 32 | (low + (offset >> 4));
  }
};

// The same number in all lanes, told to the compiler so that it can keep it once a warp.
__device__ __forceinline__ int uniform(int x) { return __shfl_sync(0xffffffffu, x, 0); }

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

__device__ __forceinline__ void barrier_init(uint32_t barrier, int count) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(count));
}

__device__ __forceinline__ void barriers_are_made() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

__device__ __forceinline__ void barrier_arrive(uint32_t barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

// Arrives when the copies that this thread has begun are done.
__device__ __forceinline__ void barrier_arrive_copied(uint32_t barrier) {
  asm volatile("cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%0];" ::"r"(barrier) : "memory");
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

// Arrives, and lets the barrier wait for bytes that the copy engine will bring.
__device__ __forceinline__ void barrier_expect(uint32_t barrier, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier),
               "r"(bytes)
               : "memory");
}

// Lets the copy engine see a map that another kernel has written.
__device__ __forceinline__ void map_acquire(const void* map) {
  asm volatile("fence.proxy.tensormap::generic.acquire.gpu [%0], 128;" ::"l"(map) : "memory");
}

// Brings a box of a mapped tensor.
__device__ __forceinline__ void copy_box(uint32_t to, const void* map, int feature, int row,
                                         int head, int batch, uint32_t barrier) {
  asm volatile(
      "cp.async.bulk.tensor.4d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%2, %3, %4, %5}], [%6];" ::"r"(to),
      "l"(map), "r"(feature), "r"(row), "r"(head), "r"(batch), "r"(barrier)
      : "memory");
}

// Lets tensor cores and the copy engine see what was written to shared memory before.
__device__ __forceinline__ void fence_for_products() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

__device__ __forceinline__ void threads_sync(int barrier, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

__device__ __forceinline__ void threads_arrive(int barrier, int threads) {
  asm volatile("bar.arrive %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

template <int COUNT>
__device__ __forceinline__ void give_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(COUNT));
}

template <int COUNT>
__device__ __forceinline__ void take_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(COUNT));
}

// Copies 16 bytes to shared memory, or zeros where there is nothing.
__device__ __forceinline__ void copy_chunk(uint32_t to, const void* from, bool there) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from),
               "r"(there ? 16 : 0)
               : "memory");
}

__device__ __forceinline__ uint32_t packed(float low, float high) {
  const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
  return reinterpret_cast<const uint32_t&>(both);
}

__device__ __forceinline__ float power_of_two(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// sums (64 × N) += A (64 × 16) · B (16 × N), starting anew where `add` is 0; A is a tile in shared
// memory, or in registers. A_ROWS and B_ROWS: 1 where the rows of a tile are what is summed over.
template <int N>
struct Products;

// The instruction names each sum: as an operand, and by that operand's number.
#define SUMS_4(I) "+f"(sums[I]), "+f"(sums[I + 1]), "+f"(sums[I + 2]), "+f"(sums[I + 3])
#define SUMS_8(I) SUMS_4(I), SUMS_4(I + 4)
#define SUMS_12(I) SUMS_8(I), SUMS_4(I + 8)
#define SUMS_16(I) SUMS_8(I), SUMS_8(I + 8)
#define SUMS_24(I) SUMS_16(I), SUMS_8(I + 16)
#define SUMS_32(I) SUMS_16(I), SUMS_16(I + 16)
#define SUMS_64(I) SUMS_32(I), SUMS_32(I + 32)
#define SUMS_96(I) SUMS_64(I), SUMS_32(I + 64)
#define SUMS_128(I) SUMS_64(I), SUMS_64(I + 64)

#define NUMBERS_8 "%0, %1, %2, %3, %4, %5, %6, %7"
#define NUMBERS_12 NUMBERS_8 ", %8, %9, %10, %11"
#define NUMBERS_16 NUMBERS_12 ", %12, %13, %14, %15"
#define NUMBERS_24 NUMBERS_16 ", %16, %17, %18, %19, %20, %21, %22, %23"
#define NUMBERS_32 NUMBERS_24 ", %24, %25, %26, %27, %28, %29, %30, %31"
#define NUMBERS_64 NUMBERS_32                                                                     \
  ", %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47"              \
  ", %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define NUMBERS_96 NUMBERS_64                                                                     \
  ", %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79"              \
  ", %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95"
#define NUMBERS_128 NUMBERS_96                                                                    \
  ", %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111"  \
  ", %112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125"          \
  ", %126, %127"

// P0 to P6 are the numbers of the operands behind the sums.
#define PRODUCTS(N, SUMS, P0, P1, P2, P3, P4, P5, P6)                                             \
  template <>                                                                                     \
  struct Products<N> {                                                                            \
    template <int A_ROWS, int B_ROWS>                                                             \
    __device__ __forceinline__ static void shared(float (&sums)[SUMS], uint64_t a, uint64_t b,    \
                                                  int add) {                                      \
      asm volatile(                                                                               \
          "{.reg .pred added;\n"                                                                  \
          "setp.ne.b32 added, %" #P2 ", 0;\n"                                                     \
          "wgmma.mma_async.sync.aligned.m64n" #N "k16.f32.bf16.bf16 "                             \
          "{" NUMBERS_##SUMS "}, "                                                                \
          "%" #P0 ", %" #P1 ", added, 1, 1, %" #P3 ", %" #P4 ";}"                                 \
          : SUMS_##SUMS(0)                                                                        \
          : "l"(a), "l"(b), "r"(add), "n"(A_ROWS), "n"(B_ROWS));                                  \
    }                                                                                             \
                                                                                                  \
    template <int B_ROWS>                                                                         \
    __device__ __forceinline__ static void registers(float (&sums)[SUMS], const uint32_t (&a)[4], \
                                                     uint64_t b, int add) {                       \
      asm volatile(                                                                               \
          "{.reg .pred added;\n"                                                                  \
          "setp.ne.b32 added, %" #P5 ", 0;\n"                                                     \
          "wgmma.mma_async.sync.aligned.m64n" #N "k16.f32.bf16.bf16 "                             \
          "{" NUMBERS_##SUMS "}, "                                                                \
          "{%" #P0 ", %" #P1 ", %" #P2 ", %" #P3 "}, %" #P4 ", added, 1, 1, %" #P6 ";}"           \
          : SUMS_##SUMS(0)                                                                        \
          : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(add), "n"(B_ROWS));           \
    }                                                                                             \
  };

PRODUCTS(16, 8, 8, 9, 10, 11, 12, 13, 14)
PRODUCTS(24, 12, 12, 13, 14, 15, 16, 17, 18)
PRODUCTS(32, 16, 16, 17, 18, 19, 20, 21, 22)
PRODUCTS(48, 24, 24, 25, 26, 27, 28, 29, 30)
PRODUCTS(64, 32, 32, 33, 34, 35, 36, 37, 38)
PRODUCTS(128, 64, 64, 65, 66, 67, 68, 69, 70)
PRODUCTS(192, 96, 96, 97, 98, 99, 100, 101, 102)
PRODUCTS(256, 128, 128, 129, 130, 131, 132, 133, 134)

#undef PRODUCTS
#undef NUMBERS_8
#undef NUMBERS_12
#undef NUMBERS_16
#undef NUMBERS_24
#undef NUMBERS_32
#undef NUMBERS_64
#undef NUMBERS_96
#undef NUMBERS_128
#undef SUMS_4
#undef SUMS_8
#undef SUMS_12
#undef SUMS_16
#undef SUMS_24
#undef SUMS_32
#undef SUMS_64
#undef SUMS_96
#undef SUMS_128

#endif
