// Products of some rows with a matrix of many columns, as scores of a vocabulary are:
// out[m, n] = x[m, k]·W[n, k]ᵀ + bias.
//
// What costs is reading W. Blocks stay, and take one tile of 64 rows and COLUMNS columns after
// another; stages of k of all their tiles follow one another through one ring, so that memory has
// enough to do while sums are stored. The first stages of W come before the predecessor has ended.

#pragma once

#include "common/wgmma.cuh"
#include "some_rows/endings.cuh"
#include "some_rows/operands.cuh"
#include "some_rows/stage.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// GROUPS warpgroups share the columns of a tile.
template <int COLUMNS, int GROUPS, int STAGES>
struct ManyColumns : SomeRowsStage<COLUMNS, GROUPS> {
  using Stage = SomeRowsStage<COLUMNS, GROUPS>;
  using Stage::DEPTH, Stage::N, Stage::ROWS, Stage::STAGE, Stage::THREADS, Stage::X_BYTES;

  const SomeRows& of;
  const uint32_t stages;  // address of the first
  const int64_t row;      // first one of the tiles
  const int depths;       // stages of a tile
  const int steps;        // stages of all tiles of this block

  __device__ ManyColumns(const SomeRows& of, uint8_t* shared)
      : of(of),
        stages(shared_address(shared)),
        row(static_cast<int64_t>(blockIdx.y) * ROWS),
        depths(static_cast<int>((of.k + DEPTH - 1) / DEPTH)),
        steps(tiles() * depths) {}

  __device__ __forceinline__ int tiles() const {
    const int all = static_cast<int>((of.n + COLUMNS - 1) / COLUMNS);
    return (all - static_cast<int>(blockIdx.x) + static_cast<int>(gridDim.x) - 1) /
           static_cast<int>(gridDim.x);
  }

  // Where one is on the way through all stages of all tiles.
  struct Place {
    uint32_t stage;
    int depth = 0;
    int64_t column;

    __device__ __forceinline__ explicit Place(const ManyColumns& of)
        : stage(of.stages), column(static_cast<int64_t>(blockIdx.x) * COLUMNS) {}

    __device__ __forceinline__ bool next(const ManyColumns& of) {
      stage = stage + STAGE == of.stages + STAGES * STAGE ? of.stages : stage + STAGE;
      if (++depth < of.depths) return false;
      depth = 0;
      column += static_cast<int64_t>(gridDim.x) * COLUMNS;
      return true;
    }
  };

  // Zeros where there is nothing.
  template <int COUNT>
  __device__ __forceinline__ void fetch(uint32_t to, const bf16* from, int64_t first, int64_t rows,
                                        int depth) const {
    const int chunk = threadIdx.x % 8;
    const int64_t at = depth * DEPTH + chunk * 8;
#pragma unroll
    for (int i = 0; i < COUNT * 8; i += THREADS) {
      const int r = (threadIdx.x + i) / 8;
      const bool there = first + r < rows && at < of.k;
      const bf16* source = there ? from + (first + r) * of.k + at : from;
      copy_chunk(to + chunk_offset<COUNT>(r, chunk), source, there);
    }
  }
  __device__ __forceinline__ void fetch_w(const Place& at) const {
    fetch<COLUMNS>(at.stage + X_BYTES, of.w, at.column, of.n, at.depth);
  }
  __device__ __forceinline__ void fetch_x(const Place& at) const {
    fetch<ROWS>(at.stage, of.x, row, of.m, at.depth);
  }

  __device__ void run() const {
    let_successor_begin();
    if (!of.ahead) wait_for_predecessor();
    Place fetched(*this);
    for (int s = 0; s < STAGES - 1 && s < steps; s++, fetched.next(*this)) fetch_w(fetched);
    wait_for_predecessor();
    fetched = Place(*this);
    for (int s = 0; s < STAGES - 1; s++, fetched.next(*this)) {
      if (s < steps) fetch_x(fetched);
      asm volatile("cp.async.commit_group;" ::: "memory");
    }
    const float factor = of.squares ? scale() : 1.0f;
    float d[N / 2];
    Place at(*this);
    for (int s = 0; s < steps; s++) {
      // Whoever is here has done with the stage before, into which the next copies go.
      asm volatile("cp.async.wait_group %0;" ::"n"(STAGES - 2) : "memory");
      fence_for_products();
      __syncthreads();
      if (s + STAGES - 1 < steps) {
        fetch_w(fetched);
        fetch_x(fetched);
        fetched.next(*this);
      }
      asm volatile("cp.async.commit_group;" ::: "memory");
      products_begin();
      Stage::multiply(d, at.stage, at.depth);
      products_commit();
      products_wait<0>();
      const int64_t column = at.column;
      if (at.next(*this)) put(d, column, factor);
    }
  }

  // Of two neighbouring lanes each has two columns of two rows: each takes four of one row.
  __device__ __forceinline__ int64_t row_of() const {
    const int lane = threadIdx.x % 32;
    return row + threadIdx.x / 32 % 4 * 16 + lane / 4 + lane % 2 * 8;
  }

  // Two lanes sum up a row's squares.
  __device__ __forceinline__ float scale() const {
    const int64_t r = row_of();
    float square = 0.0f;
    for (int64_t p = threadIdx.x / 2 % 2; r < of.m && p < of.squared; p += 2) {
      square += of.squares[r * of.squared + p];
    }
    __syncwarp();
    return of.scale(square + __shfl_xor_sync(0xffffffffu, square, 2));
  }

  __device__ __forceinline__ void put(const float (&d)[N / 2], int64_t column, float factor) const {
    const bool odd = threadIdx.x % 2;
    const int64_t first = column + threadIdx.x / 128 * N + threadIdx.x / 2 % 2 * 4;
#pragma unroll
    for (int j = 0; j < N / 8; j++) {
      const float* own = d + j * 4;
      const float low = __shfl_xor_sync(0xffffffffu, odd ? own[0] : own[2], 1);
      const float high = __shfl_xor_sync(0xffffffffu, odd ? own[1] : own[3], 1);
      const float4 sums = odd ? make_float4(low, high, own[2], own[3])
                              : make_float4(own[0], own[1], low, high);
      Stored::Item item;
      of.put(Stored{}, item, row_of(), first + j * 8, sums * factor);
    }
  }
};

#endif
