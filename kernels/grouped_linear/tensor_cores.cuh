// A tile of C = A Bᵀ by tensor cores: operands BF16, sums F32.
//
// An operand lies [outer, depth] ("along") or [depth, outer] ("across"), row-major. Tiles of it come
// by cp.async into shared memory, STAGES deep; 16-byte pieces of a row are exchanged by an XOR with
// the row's number, so that ldmatrix meets no bank twice.

#pragma once

#include "common/tensor.cuh"

constexpr int DEPTH = 64;
constexpr int PIECE = 8;

struct Matrix {
  const bf16* at;
  int64_t leading;  // elements from row to row
  int64_t outer;    // extents of what is there; beyond lie zeros
  int64_t depth;
};

__device__ __forceinline__ void copy_piece(void* to, const void* from, bool there) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from),
               "r"(there ? 16 : 0));
}

__device__ __forceinline__ void load_matrices(uint32_t (&r)[4], const bf16* p) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(p)));
}

__device__ __forceinline__ void load_transposed(uint32_t (&r)[4], const bf16* p) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(p)));
}

__device__ __forceinline__ void multiply_add(float (&c)[4], const uint32_t (&a)[4], uint32_t b0,
                                             uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// One operand's tile: OUTER by DEPTH, or across DEPTH by OUTER.
template <int OUTER, bool ACROSS, int THREADS>
struct Tile {
  static constexpr int ROW = ACROSS ? OUTER : DEPTH;
  static constexpr int PIECES = OUTER * DEPTH / PIECE;
  static constexpr int ELEMENTS = OUTER * DEPTH;

  static __device__ __forceinline__ bf16* place(bf16* tile, int row, int piece) {
    return tile + row * ROW + ((piece ^ (row & 7)) * PIECE);
  }

  // Where this thread's pieces come from, moved on by a tile of depth with each fetch. They stand
  // below each other, ROWS apart.
  struct Source {
    static constexpr int COUNT = PIECES / THREADS;
    static constexpr int ROWS = THREADS / (ROW / PIECE);
    const bf16* any;
    const bf16* from;
    int64_t apart;
    int64_t stride;
    int rows;  // of the operand from the next tile on, as far as they matter
    int columns;

    static __device__ __forceinline__ int some(int64_t extent) {
      return static_cast<int>(extent < (1 << 30) ? extent : 1 << 30);
    }

    __device__ __forceinline__ explicit Source(const Matrix& m)
        : any(m.at),
          from(m.at + row() * m.leading + piece() * PIECE),
          apart(ROWS * m.leading),
          stride(ACROSS ? DEPTH * m.leading : DEPTH),
          rows(some(ACROSS ? m.depth : m.outer) - row()),
          columns(some(ACROSS ? m.outer : m.depth) - piece() * PIECE) {}

    static __device__ __forceinline__ int row() { return threadIdx.x / (ROW / PIECE); }
    static __device__ __forceinline__ int piece() { return threadIdx.x % (ROW / PIECE); }

    __device__ __forceinline__ void fetch(bf16* tile) {
      const bf16* next = from;
#pragma unroll
      for (int i = 0; i < COUNT; i++) {
        const bool there = i * ROWS < rows && columns > 0;
        copy_piece(place(tile, row() + i * ROWS, piece()), there ? next : any, there);
        next += apart;
      }
      from += stride;
      (ACROSS ? rows : columns) -= DEPTH;
    }
  };

  // Four 8 by 8 matrices: outer 0 and 8 at depth 0, then at depth 8 (for A).
  static __device__ __forceinline__ void left(uint32_t (&r)[4], bf16* tile, int outer, int depth) {
    const int lane = threadIdx.x % 32;
    if (ACROSS) {
      const int row = depth + lane % 8 + lane / 16 * 8;
      load_transposed(r, place(tile, row, outer / PIECE + lane / 8 % 2));
    } else {
      load_matrices(r, place(tile, outer + lane % 16, depth / PIECE + lane / 16));
    }
  }

  // Depth 0 and 8 at outer 0, then at outer 8 (for B).
  static __device__ __forceinline__ void right(uint32_t (&r)[4], bf16* tile, int outer, int depth) {
    const int lane = threadIdx.x % 32;
    if (ACROSS) {
      const int row = depth + lane % 16;
      load_transposed(r, place(tile, row, outer / PIECE + lane / 16));
    } else {
      const int row = outer + lane % 8 + lane / 16 * 8;
      load_matrices(r, place(tile, row, depth / PIECE + lane / 8 % 2));
    }
  }
};

// M by N of C by WARPS_M * WARPS_N warps.
template <int M, int N, int WARPS_M, int WARPS_N, int STAGES, bool A_ACROSS, bool B_ACROSS>
struct Product {
  static constexpr int THREADS = 32 * WARPS_M * WARPS_N;
  static constexpr int OWN_M = M / WARPS_M;
  static constexpr int OWN_N = N / WARPS_N;
  static constexpr int PARTS_M = OWN_M / 16;
  static constexpr int PARTS_N = OWN_N / 8;
  using A = Tile<M, A_ACROSS, THREADS>;
  using B = Tile<N, B_ACROSS, THREADS>;
  static constexpr int STAGE = A::ELEMENTS + B::ELEMENTS;
  static constexpr int SHARED_BYTES = STAGES * STAGE * 2;

  float sums[PARTS_M][PARTS_N][4] = {};

  __device__ __forceinline__ void run(bf16* shared, const Matrix& a, const Matrix& b,
                                      int64_t depth) {
    const int warp = threadIdx.x / 32;
    const int first_m = warp / WARPS_N * OWN_M;
    const int first_n = warp % WARPS_N * OWN_N;
    const int64_t steps = (depth + DEPTH - 1) / DEPTH;
    typename A::Source a_source(a);
    typename B::Source b_source(b);
    int64_t to_fetch = steps;
    auto fetch = [&](int stage) {
      if (to_fetch-- > 0) {
        a_source.fetch(shared + stage * STAGE);
        b_source.fetch(shared + stage * STAGE + A::ELEMENTS);
      }
      asm volatile("cp.async.commit_group;");
    };
#pragma unroll
    for (int stage = 0; stage < STAGES - 1; stage++) fetch(stage);
    int here = 0;
    int next = STAGES - 1;
    for (int64_t step = 0; step < steps; step++) {
      asm volatile("cp.async.wait_group %0;" ::"n"(STAGES - 2));
      __syncthreads();
      fetch(next);
      bf16* stage = shared + here * STAGE;
      here = here == STAGES - 1 ? 0 : here + 1;
      next = next == STAGES - 1 ? 0 : next + 1;
#pragma unroll
      for (int k = 0; k < DEPTH; k += 16) {
        uint32_t left[PARTS_M][4];
        uint32_t right[PARTS_N / 2][4];
#pragma unroll
        for (int m = 0; m < PARTS_M; m++) A::left(left[m], stage, first_m + m * 16, k);
#pragma unroll
        for (int n = 0; n < PARTS_N / 2; n++) {
          B::right(right[n], stage + A::ELEMENTS, first_n + n * 16, k);
        }
#pragma unroll
        for (int m = 0; m < PARTS_M; m++) {
#pragma unroll
          for (int n = 0; n < PARTS_N; n++) {
            multiply_add(sums[m][n], left[m], right[n / 2][n % 2 * 2], right[n / 2][n % 2 * 2 + 1]);
          }
        }
      }
    }
    asm volatile("cp.async.wait_all;");
  }

  // Calls put(m, n, value at n, value at n + 1) for all that this thread has.
  template <typename Put>
  __device__ __forceinline__ void each(Put put) {
    const int warp = threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    const int first_m = warp / WARPS_N * OWN_M + lane / 4;
    const int first_n = warp % WARPS_N * OWN_N + lane % 4 * 2;
#pragma unroll
    for (int m = 0; m < PARTS_M; m++) {
#pragma unroll
      for (int n = 0; n < PARTS_N; n++) {
        put(first_m + m * 16, first_n + n * 8, sums[m][n][0], sums[m][n][1]);
        put(first_m + m * 16 + 8, first_n + n * 8, sums[m][n][2], sums[m][n][3]);
      }
    }
  }
};
